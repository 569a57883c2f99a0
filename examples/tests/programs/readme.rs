//! README calls, made in their order against a central that has just started: each is answered as it says there.

use serde_json::Value;

use crate::process::{Program, call, command};

/// The first page, and the tour that goes on from there.
const READMES: [&str; 2] = [
    include_str!("../../../README.md"),
    include_str!("../../../inventory-http/README.md"),
];

/// A call as a README writes it.
struct Example {
    method: String,
    path: String,
    body: String,
    answer: Value,
}

impl Example {
    fn parse(line: &str, answer: &str) -> Self {
        let (mut method, mut path, mut body) = (None, None, None);
        let mut words = words(line).into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-X" => method = words.next(),
                "-d" => body = words.next(),
                url => path = url.strip_prefix("localhost:8080").map(str::to_owned),
            }
        }
        let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.into());
        Self {
            method,
            path: path.unwrap_or_else(|| panic!("{line} calls central")),
            body: body.unwrap_or_default(),
            answer: serde_json::from_str(answer).unwrap_or_else(|_| panic!("{answer} is JSON")),
        }
    }
}

/// The words of a line of a shell, of which some are in single quotes.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn examples() -> Vec<Example> {
    let mut lines = READMES.into_iter().flat_map(str::lines);
    let mut examples = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(line) = line.strip_prefix("$ call ") {
            let answer = lines.next().expect("an answer follows each call");
            examples.push(Example::parse(line, answer));
        }
    }
    examples
}

/// What is the same in every run.
fn settled(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let varies = matches!(name.as_str(), "chain" | "epoch" | "ts")
                    || name.ends_with("At")
                    || name == "lastUpdated";
                *value = match varies {
                    true => Value::Null,
                    false => settled(value.take()),
                };
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = settled(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    answer
}

#[test]
fn the_calls_of_the_readme_are_answered_as_it_says() {
    let data = tempfile::tempdir().unwrap();
    let central = Program::start(&mut command(data.path()));
    let examples = examples();
    assert!(examples.len() > 12, "only {} were found", examples.len());
    for example in examples {
        let asked = format!("{} {} {}", example.method, example.path, example.body);
        let (_, answer) = call(
            central.address(),
            &example.method,
            &example.path,
            &example.body,
        )
        .unwrap();
        assert_eq!(settled(answer), settled(example.answer), "{asked}");
    }
    assert!(central.terminate().success());
}
