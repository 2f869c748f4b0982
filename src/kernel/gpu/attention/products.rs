//! Attention as products over all heads: scores and weights are written, for some rows of the batch at a time, and never
//! kept. On hardware this is faster than going through keys one by one, since products come near what a device can do;
//! what is written costs little beside them.
//!
//! Letters: B rows, T tokens, A heads, D values per head, H = A · D.

use burn_wgpu::CubeTensor;

use super::Job;
use super::rows::{SHARE, Shares, Softmax, THREADS};
use crate::kernel::gpu::product::{End, Heads, Kind, Operand};
use crate::kernel::gpu::shader::{groups, room, run};

/// Values that scores may take at a time: 64 MB.
const ROOM: usize = 1 << 24;
/// Heads at a time, as many as a dispatch has along one dimension.
const MOST_HEADS: usize = 65_535;

/// One of queries, keys and values, side by side in `[B, T, 3·H]`, from a row of the batch on.
fn third(job: &Job, part: usize, sentence: usize) -> Operand {
    let [_, tokens, heads, width] = job.sizes;
    let row = 3 * heads * width;
    Operand { first: sentence * tokens * row + part * heads * width, sentence: tokens * row, head: width, row }
}

/// `[B, T, A, D]`, from a row of the batch on.
fn whole(job: &Job, sentence: usize) -> Operand {
    let [_, tokens, heads, width] = job.sizes;
    let row = heads * width;
    Operand { first: sentence * tokens * row, sentence: tokens * row, head: width, row }
}

/// `[A, T, T]` for each of the rows of the batch that are computed.
fn square(job: &Job) -> Operand {
    let [_, tokens, heads, _] = job.sizes;
    Operand { first: 0, sentence: heads * tokens * tokens, head: tokens * tokens, row: tokens }
}

/// The rows of the batch, as many at a time as there is room for.
fn runs(job: &Job) -> impl Iterator<Item = Heads> {
    let [rows, tokens, heads, width] = job.sizes;
    let at_a_time = (ROOM / (heads * tokens * tokens)).min(MOST_HEADS / heads).max(1);
    let (scale, mask) = ((width as f32).sqrt().recip(), job.mask);
    (0..rows).step_by(at_a_time).map(move |first| {
        let sentences = [first, at_a_time.min(rows - first)];
        Heads { heads, sentences, scale, mask }
    })
}

/// See [`super::forward`].
pub fn forward(job: &Job, [qkv, bias, mixed]: [&CubeTensor; 3], sums: Option<&CubeTensor>) {
    let [_, tokens, heads, width] = job.sizes;
    for part in runs(job) {
        let [first, count] = part.sentences;
        let scores = room(qkv, [count * heads * tokens * tokens]);
        let [query, key, value] = [0, 1, 2].map(|which| third(job, which, first));
        let (square, whole) = (square(job), whole(job, first));
        let sizes = [tokens, tokens, width];
        let arrays = [qkv, qkv, bias, &scores];
        part.product((Kind::InputGradient, End::Scores), sizes, [query, key, square], &arrays);
        let rows = count * heads * tokens;
        let softmax = Softmax { drops: job.mask.drops(), keep: sums.is_some() };
        let sizes = [rows, tokens / 4, first * heads * tokens].map(|size| size as u32);
        let numbers = [job.mask.words().as_slice(), &sizes].concat();
        let arrays: Vec<&CubeTensor> = [&scores].into_iter().chain(sums).collect();
        run(softmax, groups(rows, THREADS / SHARE), &arrays, &numbers);
        let sizes = [tokens, width, tokens];
        part.product((Kind::Forward, End::Plain), sizes, [square, value, whole], &[&scores, qkv, mixed]);
    }
}

/// See [`super::backward`].
pub fn backward(job: &Job, kept: [&CubeTensor; 4], gradient: &CubeTensor, dqkv: &CubeTensor) {
    let [qkv, bias, mixed, sums] = kept;
    let [rows, tokens, heads, width] = job.sizes;
    let shares = room(qkv, [rows, heads, tokens]);
    let all = rows * tokens * heads;
    let numbers = [all, tokens, heads, width / 4].map(|size| size as u32);
    run(Shares, groups(all, 64), &[mixed, gradient, &shares], &numbers);
    for part in runs(job) {
        let [first, count] = part.sentences;
        let [weights, slopes] = [0, 1].map(|_| room(qkv, [count * heads * tokens * tokens]));
        let [query, key, value] = [0, 1, 2].map(|which| third(job, which, first));
        let (square, whole) = (square(job), whole(job, first));
        let sizes = [tokens, tokens, width];
        let arrays = [qkv, qkv, bias, sums, &weights];
        part.product((Kind::InputGradient, End::Weights), sizes, [query, key, square], &arrays);
        let arrays = [gradient, qkv, &shares, &weights, &slopes];
        let end = End::Slopes { drops: job.mask.drops() };
        part.product((Kind::InputGradient, end), sizes, [whole, value, square], &arrays);
        let sizes = [tokens, width, tokens];
        part.product((Kind::Forward, End::Scaled), sizes, [square, key, query], &[&slopes, qkv, dqkv]);
        part.product((Kind::ParameterGradients, End::Scaled), sizes, [square, query, key], &[&slopes, qkv, dqkv]);
        part.product(
            (Kind::ParameterGradients, End::Plain),
            sizes,
            [square, whole, value],
            &[&weights, gradient, dqkv],
        );
    }
}
