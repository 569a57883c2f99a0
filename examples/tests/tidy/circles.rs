//! Import circles: files that need each other in a circle can only be understood together. They are one file, cut at the wrong
//! place.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, UseTree, VisRestricted, Visibility};

use crate::workspace::{File, expect_none, sources};

/// The path of a module, or of something in it, from the root of its target.
pub(crate) type Path = Vec<String>;

/// What a file says of others.
#[derive(Default)]
struct Source {
    /// Where the reader is: the module of the file, or one within it.
    here: Path,
    /// What it uses.
    uses: BTreeSet<Path>,
    /// Names that it uses as they are, which may be those of variables too.
    names: BTreeSet<Path>,
    /// Names that it passes on, and what they stand for.
    passes_on: BTreeMap<String, Path>,
    /// Modules whose files are of another target.
    borrowed: BTreeSet<String>,
}

impl Source {
    fn read(file: &File, module: Path) -> Self {
        let mut source = Self {
            here: module,
            ..Self::default()
        };
        source.visit_file(&syn::parse_file(&file.text).unwrap());
        source
    }

    /// A path as it is written, from the root.
    fn rooted(&self, written: &[String]) -> Path {
        let mut path = self.here.clone();
        for segment in written {
            match segment.as_str() {
                "crate" => path.clear(),
                "self" => {}
                "super" => drop(path.pop()),
                name => path.push(name.to_owned()),
            }
        }
        path
    }

    fn take(&mut self, tree: &UseTree, written: &mut Path, is_passed_on: bool) {
        let (name, as_name) = match tree {
            UseTree::Path(path) => {
                written.push(path.ident.to_string());
                self.take(&path.tree, written, is_passed_on);
                written.pop();
                return;
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.take(tree, written, is_passed_on);
                }
                return;
            }
            UseTree::Glob(_) => {
                self.uses.insert(self.rooted(written));
                return;
            }
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(rename) => (&rename.ident, &rename.rename),
        };
        written.push(name.to_string());
        let path = self.rooted(written);
        written.pop();
        if is_passed_on {
            self.passes_on.insert(as_name.to_string(), path);
        } else {
            self.uses.insert(path);
        }
    }
}

impl Visit<'_> for Source {
    fn visit_item_use(&mut self, item: &ItemUse) {
        let is_passed_on = !matches!(item.vis, Visibility::Inherited);
        self.take(&item.tree, &mut Vec::new(), is_passed_on);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let written: Path = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let rooted = self.rooted(&written);
        match written.len() {
            1 => self.names.insert(rooted),
            _ => self.uses.insert(rooted),
        };
        visit::visit_path(self, path);
    }

    /// To be seen by another module is not to need it.
    fn visit_vis_restricted(&mut self, _seen_by: &VisRestricted) {}

    fn visit_item_mod(&mut self, item: &ItemMod) {
        let name = item.ident.to_string();
        if item.content.is_none() {
            let paths = item.attrs.iter().filter(|it| it.path().is_ident("path"));
            self.borrowed.extend(paths.map(|_| name.clone()));
        } else if name != "tests" {
            // The tests of a file may look wherever they like.
            self.here.push(name);
            visit::visit_item_mod(self, item);
            self.here.pop();
        }
    }
}

/// The files of a target, by the modules that they are.
pub(crate) struct Target(BTreeMap<Path, Source>);

impl Target {
    /// The target with a root file in a folder.
    pub(crate) fn read(folder: &str) -> Self {
        let mut modules = BTreeMap::new();
        for file in sources(folder) {
            let path = file.path[folder.len() + 1..].trim_end_matches(".rs");
            let mut module: Path = path.split('/').map(str::to_owned).collect();
            if module[0] == "bin" {
                continue;
            }
            if ["lib", "main", "mod"].contains(&module[module.len() - 1].as_str()) {
                module.pop();
            }
            let source = Source::read(&file, module.clone());
            modules.insert(module, source);
        }
        Self(modules)
    }

    /// The module that a path leads to; `None` where it is of another target.
    fn find(&self, mut path: Path) -> Option<Path> {
        // What is passed on may be passed on again, but not for ever.
        for _ in 0..16 {
            let longest = (0..=path.len()).rev();
            let mut known = longest.filter(|&length| self.0.contains_key(&path[..length]));
            let length = known.next()?;
            let (module, rest) = path.split_at(length);
            let source = &self.0[module];
            let Some(name) = rest.first() else {
                return Some(path);
            };
            if source.borrowed.contains(name) {
                return None;
            }
            match source.passes_on.get(name) {
                Some(meant) => path = [meant, &rest[1..]].concat(),
                None => return Some(module.to_vec()),
            }
        }
        None
    }

    /// The modules that each of them needs.
    pub(crate) fn needs(&self) -> BTreeMap<Path, BTreeSet<Path>> {
        let needs = self.0.iter().map(|(module, source)| {
            let names = source.names.iter();
            let names = names.filter(|name| !self.0.contains_key(*name));
            let found = source.uses.iter().chain(names).cloned();
            let found = found.filter_map(|path| self.find(path));
            (module.clone(), found.filter(|it| it != module).collect())
        });
        needs.collect()
    }
}

/// Who needs whom and is needed by them, directly or not.
fn circles(needs: &BTreeMap<Path, BTreeSet<Path>>) -> Vec<(&Path, &Path)> {
    let all = needs
        .iter()
        .flat_map(|(module, needed)| needed.iter().map(move |it| (module, it)));
    all.filter(|(module, needed)| reaches(needs, needed, module))
        .collect()
}

fn reaches(needs: &BTreeMap<Path, BTreeSet<Path>>, from: &Path, to: &Path) -> bool {
    let mut reached = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(module) = next.pop() {
        next.extend(
            needs[module]
                .iter()
                .filter(|&needed| reached.insert(needed)),
        );
    }
    reached.contains(to)
}

#[test]
fn no_files_need_each_other_in_a_circle() {
    let mut broken = Vec::new();
    let mut targets = 0;
    for file in sources("") {
        let Some((folder, "lib.rs" | "main.rs")) = file.path.rsplit_once('/') else {
            continue;
        };
        targets += 1;
        for (module, needed) in circles(&Target::read(folder).needs()) {
            let (module, needed) = (module.join("/"), needed.join("/"));
            broken.push(format!("{folder}: {module} -> {needed}"));
        }
    }
    assert!(targets > 20, "{targets} targets were found");
    expect_none(
        &broken,
        "give what both need a file of its own, below both of them",
    );
}

#[test]
fn a_circle_is_found() {
    let path = |text: &str| -> Path { text.split('/').map(str::to_owned).collect() };
    let source = |module: &str, text: &str| {
        let file = File {
            path: String::new(),
            text: text.to_owned(),
        };
        (path(module), Source::read(&file, path(module)))
    };
    let target = |one: &str| {
        let sources = [
            source("a", "mod one; mod two; pub use one::One;"),
            source("a/one", one),
            source("a/two", "fn two() -> super::One { unreachable!() }"),
        ];
        let needs = Target(sources.into()).needs();
        let found = circles(&needs).into_iter();
        found
            .map(|(one, other)| [one.join("/"), other.join("/")])
            .collect::<Vec<_>>()
    };
    assert_eq!(target("pub struct One;"), <[[&str; 2]; 0]>::default());
    let both = "pub struct One; impl One { fn two(&self) { super::two::two(); } }";
    assert_eq!(target(both), [["a/one", "a/two"], ["a/two", "a/one"]]);
}
