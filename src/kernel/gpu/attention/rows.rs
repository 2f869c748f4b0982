//! What attention by products does to rows of scores, and the shares of its gradient.

use crate::kernel::gpu::shader::{PIECE, READ, Shader, fill};

/// Invocations of a workgroup.
pub const THREADS: u32 = 256;
/// Invocations that share a row of scores.
pub const SHARE: u32 = 32;

/// Scores `[N, T]` → weights in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// Whether something is dropped.
    pub drops: bool,
    /// Whether the logarithms of the sums are kept.
    pub keep: bool,
}

impl Shader for Softmax {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let factors = [0, 1, 2, 3].map(|lane| format!("factor(p.mask, place + {lane}u)")).join(", ");
        let (sums, keep) = if self.keep {
            (
                "@group(0) @binding(1) var<storage, read_write> sums: array<f32>;",
                "if (lane == 0u && row < p.rows) { sums[p.first + row] = largest + log(sum); }",
            )
        } else {
            ("", "")
        };
        let values = [
            ("sums", sums.to_owned()),
            ("uniform", (1 + usize::from(self.keep)).to_string()),
            ("keep", keep.to_owned()),
            ("factor", if self.drops { format!(" * vec4f({factors})") } else { String::new() }),
            ("threads", THREADS.to_string()),
            ("share", SHARE.to_string()),
            ("slots", (THREADS / SHARE).to_string()),
        ];
        [PIECE, include_str!("../mask.wgsl"), &fill(SOFTMAX, &values)].concat()
    }
}

const SOFTMAX: &str = "
@group(0) @binding(0) var<storage, read_write> scores: array<vec4f>;
$sums
// Rows, fours in each, and the number of the first among those of the whole batch.
struct Sizes { mask: Mask, rows: u32, fours: u32, first: u32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;

var<workgroup> parts: array<f32, $threads>;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let lane = t % $shareu;
    let row = piece(group, count, t / $shareu, $slotsu);
    let there = row < p.rows;
    let begin = min(row, p.rows - 1u) * p.fours;
    let first = t - lane;
    var top = vec4f(-3.4028234e38);
    for (var i = lane; i < p.fours; i += $shareu) { top = max(top, scores[begin + i]); }
    parts[t] = max(max(top.x, top.y), max(top.z, top.w));
    workgroupBarrier();
    var largest = parts[first];
    for (var i = 1u; i < $shareu; i += 1u) { largest = max(largest, parts[first + i]); }
    workgroupBarrier();
    var all = vec4f();
    for (var i = lane; i < p.fours; i += $shareu) {
        let weights = exp(scores[begin + i] - vec4f(largest));
        all += weights;
        if (there) { scores[begin + i] = weights; }
    }
    parts[t] = dot(all, vec4f(1.0));
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < $shareu; i += 1u) { sum += parts[first + i]; }
    let share = 1.0 / sum;
    if (there) {
        for (var i = lane; i < p.fours; i += $shareu) {
            let place = ((p.first + row) * p.fours + i) * 4u;
            scores[begin + i] = scores[begin + i] * share$factor;
        }
    }
    $keep
}
";

/// Mixed and its gradient, `[B, T, A, D]` both → Σ over D of their products, `[B, A, T]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shares;

impl Shader for Shares {
    fn threads(&self) -> u32 {
        64
    }

    fn text(&self) -> String {
        [PIECE, &fill(SHARES, &[("read", READ.to_owned())])].concat()
    }
}

const SHARES: &str = "
@group(0) @binding(0) var<storage, $read> mixed: array<vec4f>;
@group(0) @binding(1) var<storage, $read> dmixed: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> shares: array<f32>;
struct Sizes { all: u32, tokens: u32, heads: u32, fours: u32 }
@group(0) @binding(3) var<uniform> p: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, 64u);
    if (at >= p.all) { return; }
    var sum = 0.0;
    for (var i = at * p.fours; i < (at + 1u) * p.fours; i += 1u) { sum += dot(mixed[i], dmixed[i]); }
    let head = at % p.heads;
    let token = at / p.heads;
    shares[(token / p.tokens * p.heads + head) * p.tokens + token % p.tokens] = sum;
}
";
