//! The body of a snapshot: made while it is sent, never whole in memory.

use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use inventory_core::machine::ProductView;
use inventory_core::machine::replica::Image;
use inventory_core::vocabulary::{Epoch, Sequence};

use crate::server::{CHUNK_BYTES, Share};
use crate::wire::SnapshotProduct;

/// An image as JSON. It shares the image's memory with the ledger, and neither waits for the other.
#[derive(Debug)]
pub(crate) struct SnapshotBody {
    image: Arc<Image>,
    epoch: Epoch,
    /// The right to be sent.
    _share: Share,
    /// Products that were sent; `None` when everything was.
    sent: Option<usize>,
    /// Whether a product was sent.
    any: bool,
}

impl SnapshotBody {
    pub(crate) fn new(image: Arc<Image>, share: Share, epoch: Epoch) -> Self {
        Self {
            image,
            epoch,
            _share: share,
            sent: Some(0),
            any: false,
        }
    }

    fn chunk(&mut self, mut next: usize) -> Bytes {
        let mut out = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
        if next == 0 {
            out.extend_from_slice(b"{\"state\":{");
        }
        while out.len() < CHUNK_BYTES {
            let Some(product) = self.image.product(next) else {
                self.push_end(&mut out);
                self.sent = None;
                return out.into();
            };
            next += 1;
            if !product.is_heard_of() {
                continue;
            }
            if self.any {
                out.push(b',');
            }
            push_product(&mut out, product, self.image.unknown_before());
            self.any = true;
        }
        self.sent = Some(next);
        out.into()
    }

    fn push_end(&self, out: &mut Vec<u8>) {
        let head = self.image.head();
        let (sequence, chain, recorded_at) = (head.sequence, head.chain, head.recorded_at);
        let epoch = self.epoch;
        let unknown_before = self.image.unknown_before();
        let since = self.image.keys_forgotten().remembered_since();
        write!(
            out,
            r#"}},"lastOffset":{sequence},"epoch":"{epoch}","chain":"{chain}","recordedAt":"{recorded_at}","unknownBefore":{unknown_before},"keysRememberedSince":"{since}"}}"#
        )
        .expect("a vector takes every byte");
    }
}

fn push_product(out: &mut Vec<u8>, view: ProductView<'_>, unknown_before: Sequence) {
    let product = SnapshotProduct::of(view, unknown_before);
    let proof = "ids, numbers and times are JSON";
    serde_json::to_writer(&mut *out, view.id()).expect(proof);
    out.push(b':');
    serde_json::to_writer(out, &product).expect(proof);
}

impl Body for SnapshotBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let made = self.sent.map(|next| Ok(Frame::data(self.chunk(next))));
        Poll::Ready(made)
    }

    fn is_end_stream(&self) -> bool {
        self.sent.is_none()
    }
}
