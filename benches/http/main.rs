//! How fast central is over sockets, beside a bare hyper server that parses the same bodies and answers constants, in
//! the same run; and how stores follow it.
//!
//! `make bench-http` runs it with the path of a central, which has a store beside it. `HTTP_SECONDS` is how long each of the five rounds of a row
//! takes on either side; `STORE_PRODUCTS` is how many products the store of the row `copy` has (100,000). The row `slow-disk` needs strace. Servers are processes of their own; the load comes from one thread of this one.

mod bare;
mod batches;
mod client;
mod distance;
mod images;
mod load;
mod polls;
#[path = "../speed/raw.rs"]
mod raw;
mod report;
mod rounds;
mod server;
mod shop;
mod singles;
mod stores;
mod tills;
mod told;

use std::time::Duration;

use told::Told;

/// Both sides allocate with what the central binary allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // `cargo bench` adds `--bench`; what is left is the path of central, then the rows that are asked for.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let Some(first) = words.next() else {
        panic!("pass the path of a central, as `make bench-http` does");
    };
    if first == server::BARE {
        return bare::serve();
    }
    let seconds = std::env::var("HTTP_SECONDS").ok();
    let seconds = seconds.map_or(2.0, |text| text.parse().expect("HTTP_SECONDS is a number"));
    let told = Told {
        central: first.into(),
        round: Duration::from_secs_f64(seconds),
        rows: words.collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a process may have a runtime");
    runtime.block_on(async {
        report::head();
        if told.wants("get") {
            singles::gets(&told).await;
        }
        if told.wants("post") {
            singles::posts(&told).await;
        }
        if told.wants("one-post") {
            singles::one_by_one(&told).await;
        }
        if told.wants("batch") {
            batches::run(&told).await;
        }
        if told.wants("poll") {
            polls::run(&told).await;
        }
        if told.wants("images") {
            images::run(&told).await;
        }
        if told.wants("follow") {
            stores::follow(&told).await;
        }
        if told.wants("catch-up") {
            stores::catch_up(&told).await;
        }
        if told.wants("read") {
            stores::reads(&told).await;
        }
        if told.wants("far") {
            tills::far(&told).await;
        }
        if told.wants("slow-disk") {
            tills::slow_disk(&told).await;
        }
        if told.wants("copy") {
            tills::copy_bytes(&told).await;
        }
    });
}
