//! Methods, heads and compression.

use std::io::Read as _;

use crate::world::World;

#[test]
fn head_is_get_without_a_body() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    for path in [
        "/inventory",
        "/inventory/tea",
        "/inventory/global/tea",
        "/livez",
        "/openapi.json",
        "/nowhere",
    ] {
        let get = world.get(path);
        let mut client = world.client();
        let head = client.call("HEAD", path, &[], None);
        assert_eq!(head.status, get.status, "{path}");
        for name in ["content-length", "content-type", "etag"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        // Nothing of a body follows: the next answer is where it should be.
        assert_eq!(client.call("GET", "/livez", &[], None).status, 200);
    }
}

#[test]
fn a_path_says_which_methods_it_takes() {
    let world = World::new();
    for (method, path, allow) in [
        ("PUT", "/inventory/updates", "POST, GET, HEAD"),
        ("DELETE", "/inventory/sync", "POST, GET, HEAD"),
        ("PUT", "/inventory/batch", "POST, GET, HEAD"),
        ("POST", "/inventory", "GET, HEAD"),
        ("DELETE", "/inventory/tea", "GET, HEAD"),
        ("PATCH", "/inventory/global/tea", "GET, HEAD"),
        ("OPTIONS", "/livez", "GET, HEAD"),
        ("TRACE", "/inventory", "GET, HEAD"),
        ("BREW", "/inventory", "GET, HEAD"),
        ("GET", "/admin/dead-letters/x/resolution", "POST"),
    ] {
        let reply = world.client().call(method, path, &[], None);
        assert_eq!(
            (reply.status, reply.header("allow")),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
}

#[test]
fn a_large_answer_is_compressed_for_who_asks() {
    let world = World::new();
    for number in 0..60 {
        world.adjust(
            &format!("product-{number}"),
            "north",
            1,
            &format!("k{number}"),
        );
    }
    let accept = [("Accept-Encoding", "br, gzip")];
    for path in [
        "/inventory?limit=1000",
        "/openapi.json",
        "/replication/changes",
        "/replication/snapshot",
    ] {
        let plain = world.get(path);
        assert_eq!(plain.header("vary"), Some("accept-encoding"), "{path}");
        assert_eq!(plain.header("content-encoding"), None);
        let packed = world.client().call("GET", path, &accept, None);
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(packed.header("vary"), Some("accept-encoding"));
        assert!(packed.body.len() < plain.body.len() / 2);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed.body[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, plain.body, "{path}");
    }
    let small = world
        .client()
        .call("GET", "/inventory/product-1", &accept, None);
    assert_eq!(small.header("content-encoding"), None);
    let refused = world.client().call(
        "GET",
        "/openapi.json",
        &[("Accept-Encoding", "gzip;q=0")],
        None,
    );
    assert_eq!(refused.header("content-encoding"), None);
}

#[test]
fn http2_is_served_on_the_same_port() {
    use http_body_util::{BodyExt as _, Empty};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let address = world.address;
    let answered = async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        let driver = tokio::spawn(connection);
        let mut answers = Vec::new();
        for _ in 0..20 {
            let request = hyper::Request::get(format!("http://{address}/inventory/tea"))
                .header("x-api-key", "demo")
                .body(Empty::<bytes::Bytes>::new())
                .unwrap();
            answers.push(tokio::spawn(sender.send_request(request)));
        }
        let mut statuses = Vec::new();
        for answer in answers {
            let reply = answer.await.unwrap().unwrap();
            statuses.push(reply.status().as_u16());
            let body = reply.into_body().collect().await.unwrap().to_bytes();
            assert!(body.starts_with(b"{\"productId\":\"tea\""));
        }
        drop(sender);
        driver.abort();
        statuses
    };
    assert_eq!(world.runtime().block_on(answered), [200; 20]);
}
