//! Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over A heads of D values each. No weights are kept:
//! for the gradient the logarithms of their sums are, from which the weights are computed again (Rabe and Staats 2021,
//! arXiv:2112.05682; Dao et al. 2022, arXiv:2205.14135).
//!
//! [`products`] is for hardware and [`alone`] for emulated adapters, and for sizes that are no multiples of four.
//!
//! Letters: B rows, T tokens, A heads, D values per head, H = A · D.

mod alone;
mod products;
mod rows;

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::adapter::is_software;
use super::shader::{READ, groups, room, run};
use crate::kernel::dropout::Mask;
use alone::Alone;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pass {
    /// Per query: what is mixed and, if it is to be kept, the logarithm of the sum of its weights.
    Forward { keep: bool },
    /// Per query: its gradient, and Σ dmixed · mixed.
    Queries,
    /// Per key: its gradient, or that of its value, or both.
    Keys { keys: bool, values: bool },
}

/// The arrays of a pass, declared in the order of their bindings with elements `V`, and how many there are.
fn arrays(pass: Pass, element: &str) -> (String, usize) {
    let [read, written]: [Vec<(&str, &str)>; 2] = match pass {
        Pass::Forward { keep } => {
            let sums = keep.then_some(("sums", "f32"));
            [vec![("qkv", "V"), ("bias", "f32")], [("mixed", "V")].into_iter().chain(sums).collect()]
        }
        Pass::Queries => [
            vec![("qkv", "V"), ("bias", "f32"), ("mixed", "V"), ("sums", "f32"), ("dmixed", "V")],
            vec![("dqkv", "V"), ("shares", "f32")],
        ],
        Pass::Keys { keys, .. } => {
            let always = [("qkv", "V"), ("bias", "f32"), ("sums", "f32"), ("dmixed", "V")];
            [always.into_iter().chain(keys.then_some(("shares", "f32"))).collect(), vec![("dqkv", "V")]]
        }
    };
    let mut text = format!("alias V = {element};\n");
    let accesses = read.iter().map(|array| (array, READ)).chain(written.iter().map(|array| (array, "read_write")));
    for (binding, ((name, element), access)) in accesses.enumerate() {
        text += &format!("@group(0) @binding({binding}) var<storage, {access}> {name}: array<{element}>;\n");
    }
    (text, read.len() + written.len())
}

/// The uniform, at a binding; sizes of rows are counted in `V`.
fn sizes_struct(binding: usize) -> String {
    format!(
        "struct Sizes {{ mask: Mask, all: u32, tokens: u32, heads: u32, hidden: u32, row: u32, scale: f32 }}
         @group(0) @binding({binding}) var<uniform> p: Sizes;\n"
    )
}

struct Job {
    /// B, T, A, D
    sizes: [usize; 4],
    mask: Mask,
}

impl Job {
    fn new(qkv: &CubeTensor, heads: usize, mask: Mask) -> Self {
        let [rows, tokens, wide] = qkv.shape().dims();
        let width = wide / 3 / heads;
        assert_eq!(3 * heads * width, wide, "heads of equal width");
        Self { sizes: [rows, tokens, heads, width], mask }
    }

    /// Whether products are the way.
    fn by_products(&self) -> bool {
        let [_, tokens, _, width] = self.sizes;
        !is_software() && tokens.is_multiple_of(4) && width.is_multiple_of(4)
    }

    fn run(&self, pass: Pass, arrays: &[&CubeTensor]) {
        let [rows, tokens, heads, width] = self.sizes;
        // Wide heads do not fit into an invocation's registers four times.
        if matches!(pass, Pass::Keys { keys: true, values: true }) && width > 48 {
            let [qkv, bias, sums, gradient, _, dqkv] = arrays else { unreachable!("the arrays of keys") };
            self.run(Pass::Keys { keys: true, values: false }, arrays);
            return self.run(Pass::Keys { keys: false, values: true }, &[qkv, bias, sums, gradient, dqkv]);
        }
        let alone = Alone::new(pass, width, self.mask.drops(), tokens);
        let all = rows * tokens * heads;
        let hidden = heads * width / alone.lanes();
        let sizes = [all, tokens, heads, hidden, 3 * hidden].map(|number| number as u32);
        let scale = [(width as f32).sqrt().recip().to_bits()];
        let numbers = [self.mask.words().as_slice(), &sizes, &scale].concat();
        run(alone, groups(all, alone::THREADS), arrays, &numbers);
    }
}

/// Queries, keys and values side by side `[B, T, 3·H]`, bias `[B, T]` → mixed `[B, T, H]` and, if they are to be kept, the
/// logarithms of the sums `[B, A, T]`.
pub fn forward(
    qkv: &CubeTensor,
    bias: &CubeTensor,
    heads: usize,
    mask: Mask,
    keep: bool,
) -> (CubeTensor, Option<CubeTensor>) {
    let job = Job::new(qkv, heads, mask);
    let [rows, tokens, heads, width] = job.sizes;
    let mixed = room(qkv, [rows, tokens, heads * width]);
    let sums = keep.then(|| room(qkv, [rows, heads, tokens]));
    if job.by_products() {
        products::forward(&job, [qkv, bias, &mixed], sums.as_ref());
    } else {
        let arrays: Vec<&CubeTensor> = [qkv, bias, &mixed].into_iter().chain(&sums).collect();
        job.run(Pass::Forward { keep }, &arrays);
    }
    (mixed, sums)
}

/// What went in, what was mixed and what was kept; d mixed → dqkv `[B, T, 3·H]`.
pub fn backward(
    [qkv, bias, mixed, sums]: [&CubeTensor; 4],
    gradient: CubeTensor,
    heads: usize,
    mask: Mask,
) -> CubeTensor {
    let job = Job::new(qkv, heads, mask);
    let gradient = into_contiguous(gradient);
    let dqkv = room(qkv, qkv.shape());
    if job.by_products() {
        products::backward(&job, [qkv, bias, mixed, sums], &gradient, &dqkv);
        return dqkv;
    }
    let shares = room(qkv, sums.shape());
    job.run(Pass::Queries, &[qkv, bias, mixed, sums, &gradient, &dqkv, &shares]);
    job.run(Pass::Keys { keys: true, values: true }, &[qkv, bias, sums, &gradient, &shares, &dqkv]);
    dqkv
}
