//! LayerNorm over rows of H values, after dropout and a residual, and its gradients; see [`crate::kernel::host::norm`] for
//! the formulas.

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::adapter::is_software;
use super::destination::{Destination, destination};
use super::fold::fold;
use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::dropout::Mask;

/// Invocations of a workgroup.
const THREADS: u32 = 256;
/// Rows that one invocation sums up for the gradients of γ and β.
const ROWS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pass {
    Forward {
        residual: bool,
        keep: bool,
    },
    Backward,
    /// Sums over rows for γ and β.
    Columns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Norm {
    pass: Pass,
    /// Whether something is dropped.
    drops: bool,
    /// Values that are read at a time: four where H is a multiple.
    lanes: usize,
    /// Invocations that share a row: one where barriers are dear.
    share: u32,
}

impl Shader for Norm {
    fn threads(&self) -> u32 {
        if self.pass == Pass::Columns { 64 } else { THREADS }
    }

    fn text(&self) -> String {
        let on = |condition: bool, text: &str| if condition { text.to_owned() } else { String::new() };
        let (arrays, body) = match self.pass {
            Pass::Forward { residual, keep } => {
                let arrays = [
                    ("x", true, true),
                    ("residual", residual, true),
                    ("gamma", true, true),
                    ("beta", true, true),
                    ("y", true, false),
                    ("normal", keep, false),
                    ("scales", keep, false),
                ];
                (arrays.to_vec(), FORWARD)
            }
            Pass::Backward => {
                let arrays = [
                    ("normal", true, true),
                    ("scales", true, true),
                    ("gamma", true, true),
                    ("dy", true, true),
                    ("dz", true, false),
                    ("dx", self.drops, false),
                ];
                (arrays.to_vec(), BACKWARD)
            }
            Pass::Columns => (vec![("normal", true, true), ("dy", true, true), ("partial", true, false)], COLUMNS),
        };
        let mut declared = String::new();
        let mut binding = 0;
        for (name, there, reads) in arrays {
            if there {
                let access = if reads { READ } else { "read_write" };
                let element = if name == "scales" { "f32" } else { "V" };
                declared +=
                    &format!("@group(0) @binding({binding}) var<storage, {access}> {name}: array<{element}>;\n");
                binding += 1;
            }
        }
        let (residual, keep) = match self.pass {
            Pass::Forward { residual, keep } => (residual, keep),
            _ => (false, false),
        };
        let lanes = self.lanes as u32;
        let factors: Vec<String> = (0..lanes).map(|lane| format!("factor(p.mask, at * {lanes}u + {lane}u)")).collect();
        let factor = format!("V({})", factors.join(", "));
        let values = [
            ("declared", declared),
            ("uniform", binding.to_string()),
            ("element", (if lanes == 4 { "vec4f" } else { "f32" }).to_owned()),
            ("total", (if lanes == 4 { "dot(v, V(1.0))" } else { "v" }).to_owned()),
            ("masked_x", format!("x[at]{}", on(self.drops, &format!(" * {factor}")))),
            ("plus_residual", on(residual, " + residual[at]")),
            ("keep_normal", on(keep, "normal[at] = z;")),
            ("keep_scale", on(keep, "if (lane == 0u && row < p.rows) { scales[row] = scale; }")),
            ("masked_dz", on(self.drops, &format!("dx[at] = d * {factor};"))),
            ("share", self.share.to_string()),
            ("slots", (THREADS / self.share).to_string()),
            ("threads", THREADS.to_string()),
            ("lanes", lanes.to_string()),
            ("run", ROWS.to_string()),
        ];
        let reduce = if self.share == 1 { ALONE } else { SHARED };
        let text = [PIECE, include_str!("mask.wgsl"), HEAD, if self.pass == Pass::Columns { "" } else { reduce }, body];
        fill(&text.concat(), &values)
    }
}

const HEAD: &str = "
alias V = $element;
$declared
struct Sizes { mask: Mask, rows: u32, width: u32, epsilon: f32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;

fn total(v: V) -> f32 { return $total; }
";

/// Sums over the invocations that share a row.
const SHARED: &str = "
var<workgroup> parts: array<vec2f, $threads>;

fn over_row(t: u32, value: vec2f) -> vec2f {
    workgroupBarrier();
    parts[t] = value;
    workgroupBarrier();
    let first = t - t % $shareu;
    var sum = vec2f();
    for (var i = 0u; i < $shareu; i += 1u) { sum += parts[first + i]; }
    return sum;
}
";

/// The same where one invocation has a row for itself.
const ALONE: &str = "
fn over_row(t: u32, value: vec2f) -> vec2f { return value; }
";

const FORWARD: &str = "
fn sum_at(at: u32) -> V { return $masked_x$plus_residual; }

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let lane = t % $shareu;
    let row = piece(group, count, t / $shareu, $slotsu);
    let begin = min(row, p.rows - 1u) * p.width;
    let size = f32(p.width * $lanesu);
    var sum = V();
    for (var i = lane; i < p.width; i += $shareu) { sum += sum_at(begin + i); }
    let mean = over_row(t, vec2f(total(sum), 0.0)).x / size;
    // The variance of what is left after the mean is gone: no digits are lost.
    var squares = V();
    for (var i = lane; i < p.width; i += $shareu) {
        let v = sum_at(begin + i) - V(mean);
        squares += v * v;
    }
    let scale = inverseSqrt(over_row(t, vec2f(total(squares), 0.0)).x / size + p.epsilon);
    if (row < p.rows) {
        for (var i = lane; i < p.width; i += $shareu) {
            let at = begin + i;
            let z = (sum_at(at) - V(mean)) * scale;
            $keep_normal
            y[at] = z * gamma[i] + beta[i];
        }
    }
    $keep_scale
}
";

const BACKWARD: &str = "
@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let lane = t % $shareu;
    let row = piece(group, count, t / $shareu, $slotsu);
    let begin = min(row, p.rows - 1u) * p.width;
    var sum = V();
    var slope = V();
    for (var i = lane; i < p.width; i += $shareu) {
        let g = dy[begin + i] * gamma[i];
        sum += g;
        slope += g * normal[begin + i];
    }
    let means = over_row(t, vec2f(total(sum), total(slope))) / f32(p.width * $lanesu);
    if (row < p.rows) {
        let scale = scales[row];
        for (var i = lane; i < p.width; i += $shareu) {
            let at = begin + i;
            let d = scale * (dy[at] * gamma[i] - V(means.x) - normal[at] * means.y);
            dz[at] = d;
            $masked_dz
        }
    }
}
";

const COLUMNS: &str = "
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
    let column = group.x * 64u + t;
    if (column >= p.width) { return; }
    let end = min(p.rows, (group.y + 1u) * $runu);
    var dgamma = V();
    var dbeta = V();
    for (var row = group.y * $runu; row < end; row += 1u) {
        let g = dy[row * p.width + column];
        dgamma += g * normal[row * p.width + column];
        dbeta += g;
    }
    let to = group.y * 2u * p.width + column;
    partial[to] = dgamma;
    partial[to + p.width] = dbeta;
}
";

/// N and H.
fn sizes(x: &CubeTensor, gamma: &CubeTensor) -> [usize; 2] {
    let width = gamma.shape().num_elements();
    [x.shape().num_elements() / width.max(1), width]
}

fn numbers([rows, width]: [usize; 2], lanes: usize, mask: Mask, epsilon: f64) -> Vec<u32> {
    let words = [rows as u32, (width / lanes) as u32, (epsilon as f32).to_bits()];
    [mask.words().as_slice(), &words].concat()
}

fn shader(pass: Pass, width: usize, mask: Mask) -> Norm {
    let lanes = if width.is_multiple_of(4) { 4 } else { 1 };
    Norm { pass, drops: mask.drops(), lanes, share: if is_software() { 1 } else { 32 } }
}

/// x and residual `[.., H]`, γ and β `[H]` → y `[.., H]`, and if they are to be kept x̂ `[.., H]` and one over the
/// deviations `[N]`.
pub fn forward(
    x: CubeTensor,
    residual: Option<CubeTensor>,
    [gamma, beta]: [&CubeTensor; 2],
    (epsilon, mask): (f64, Mask),
    keep: bool,
) -> (CubeTensor, Option<[CubeTensor; 2]>) {
    let (x, residual) = (into_contiguous(x), residual.map(into_contiguous));
    let [rows, width] = sizes(&x, gamma);
    let norm = shader(Pass::Forward { residual: residual.is_some(), keep }, width, mask);
    let y = room(&x, x.shape());
    let kept = keep.then(|| [room(&x, x.shape()), room(&x, [rows])]);
    let arrays: Vec<&CubeTensor> =
        [&x].into_iter().chain(&residual).chain([gamma, beta, &y]).chain(kept.iter().flatten()).collect();
    let numbers = numbers([rows, width], norm.lanes, mask, epsilon);
    run(norm, groups(rows, THREADS / norm.share), &arrays, &numbers);
    (y, kept)
}

/// x̂ and one over the deviations, γ; dy → dx and that of the residual.
pub fn input_gradients(
    [normal, scales]: [&CubeTensor; 2],
    gamma: &CubeTensor,
    gradient: &CubeTensor,
    mask: Mask,
) -> [CubeTensor; 2] {
    let [rows, width] = sizes(normal, gamma);
    let norm = shader(Pass::Backward, width, mask);
    let dz = room(normal, normal.shape());
    let dx = mask.drops().then(|| room(normal, normal.shape()));
    let arrays: Vec<&CubeTensor> = [normal, scales, gamma, gradient, &dz].into_iter().chain(&dx).collect();
    run(norm, groups(rows, THREADS / norm.share), &arrays, &numbers([rows, width], norm.lanes, mask, 0.0));
    [dx.unwrap_or_else(|| dz.clone()), dz]
}

/// x̂, dy; γ and β → dγ and dβ, where the optimiser wants them or as tensors.
pub fn parameter_gradients(
    normal: &CubeTensor,
    gradient: &CubeTensor,
    [gamma, beta]: [&CubeTensor; 2],
) -> [Destination; 2] {
    let [rows, width] = sizes(normal, gamma);
    let norm = Norm { share: 1, ..shader(Pass::Columns, width, Mask::none()) };
    let parts = rows.div_ceil(ROWS).max(1);
    let partial = room(normal, [parts * 2 * width]);
    let columns = (width / norm.lanes).div_ceil(64);
    let numbers = numbers([rows, width], norm.lanes, Mask::none(), 0.0);
    run(norm, [columns as u32, parts as u32, 1], &[normal, gradient, &partial], &numbers);
    let places = [destination(gamma), destination(beta)];
    fold(&partial, parts, [width, 2 * width], std::slice::from_ref(&places));
    places
}
