//! Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over A heads of D values each, without the weights
//! ever being written: each invocation goes through all keys of its query, or all queries of its key (Dao et al. 2022,
//! arXiv:2205.14135; Rabe and Staats 2021, arXiv:2112.05682). For the gradient the logarithms of the sums are kept, from
//! which the weights are computed again.
//!
//! Letters: B rows, T tokens, A heads, D values per head, H = A · D.

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::dropout::Mask;

const THREADS: u32 = 64;
/// Keys that a query takes at a time.
const STEP: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pass {
    /// Per query: what is mixed and, if it is to be kept, the logarithm of the sum of its weights.
    Forward { keep: bool },
    /// Per query: its gradient, and Σ dmixed · mixed.
    Queries,
    /// Per key: its gradient, or that of its value, or both.
    Keys { keys: bool, values: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Attention {
    pass: Pass,
    /// D
    width: usize,
    drops: bool,
    /// Whether T is no multiple of [`STEP`].
    rest: bool,
}

impl Attention {
    /// Values that are read at a time.
    fn lanes(&self) -> usize {
        if self.width.is_multiple_of(4) { 4 } else { 1 }
    }

    /// How many of these a head has, each in a variable of its own: `name_0`, `name_1`, …
    fn parts(&self) -> usize {
        self.width / self.lanes()
    }

    /// A line for each part, with `#` replaced by its number.
    fn each(&self, line: &str) -> String {
        (0..self.parts()).map(|part| line.replace('#', &part.to_string()) + "\n").collect()
    }

    /// `Σ a_# · b_#`, given as a product with `#` for the number of the part.
    fn dot(&self, a: &str, b: &str) -> String {
        let product = if self.lanes() == 4 { format!("dot({a}, {b})") } else { format!("{a} * {b}") };
        (0..self.parts()).map(|part| product.replace('#', &part.to_string())).collect::<Vec<_>>().join(" + ")
    }

    fn arrays(&self) -> Vec<(&'static str, &'static str, bool)> {
        match self.pass {
            Pass::Forward { keep } => {
                let always = [("qkv", "V", true), ("bias", "f32", true), ("mixed", "V", false)];
                let kept = keep.then_some(("sums", "f32", false));
                always.into_iter().chain(kept).collect()
            }
            Pass::Queries => [
                ("qkv", "V", true),
                ("bias", "f32", true),
                ("mixed", "V", true),
                ("sums", "f32", true),
                ("dmixed", "V", true),
                ("dqkv", "V", false),
                ("shares", "f32", false),
            ]
            .to_vec(),
            Pass::Keys { keys, .. } => {
                let read = [("qkv", "V", true), ("bias", "f32", true), ("sums", "f32", true), ("dmixed", "V", true)];
                let shares = keys.then_some(("shares", "f32", true));
                read.into_iter().chain(shares).chain([("dqkv", "V", false)]).collect()
            }
        }
    }

    fn body(&self) -> String {
        match self.pass {
            Pass::Forward { keep } => self.forward(keep),
            Pass::Queries => self.queries(),
            Pass::Keys { keys, values } => self.keys(keys, values),
        }
    }

    fn forward(&self, keep: bool) -> String {
        let mut text = self.each("let q_# = qkv[own + #u] * p.scale;\nvar o_# = V();");
        text += "var largest = LOWEST;\nvar sum = 0.0;\n";
        text += &format!("for (var j_0 = 0u; j_0 < p.tokens; j_0 += {STEP}u) {{\n");
        let mut top = "largest".to_owned();
        for key in 0..STEP {
            let place = format!("j_0 + {key}u");
            let j = if self.rest && key > 0 { format!("min({place}, p.tokens - 1u)") } else { place.clone() };
            text += &format!("let j{key} = {j};\nlet key{key} = first + j{key} * p.row + p.hidden;\n");
            let score = self.dot("q_#", &format!("qkv[key{key} + #u]"));
            text += &format!("let s{key} = bias[token + j{key}] + {score};\n");
            top = format!("max({top}, s{key})");
        }
        text += &format!("let top = {top};\nif (top > largest) {{\nlet less = exp(largest - top);\nsum *= less;\n");
        text += &self.each("o_# *= less;");
        text += "largest = top;\n}\n";
        for key in 0..STEP {
            let there = if self.rest && key > 0 { format!("j_0 + {key}u < p.tokens") } else { "true".to_owned() };
            text += &format!("let w{key} = select(0.0, exp(s{key} - largest), {there});\nsum += w{key};\n");
            let factor = self.factor(&format!("at * p.tokens + j{key}"));
            text += &format!("let d{key} = w{key}{factor};\n");
            text += &self.each(&format!("o_# += d{key} * qkv[key{key} + p.hidden + #u];"));
        }
        text += "}\nlet share = 1.0 / sum;\nlet to = (token + i) * p.hidden + head * PARTS;\n";
        text += &self.each("mixed[to + #u] = o_# * share;");
        if keep {
            text += "sums[at] = largest + log(sum);\n";
        }
        text
    }

    fn queries(&self) -> String {
        let mut text = "let to = (token + i) * p.hidden + head * PARTS;\n".to_owned();
        text += &self.each("let q_# = qkv[own + #u] * p.scale;\nlet g_# = dmixed[to + #u];\nvar d_# = V();");
        text += &format!("let share = {};\nlet sum = sums[at];\n", self.dot("g_#", "mixed[to + #u]"));
        text += "for (var j = 0u; j < p.tokens; j += 1u) {\nlet key = first + j * p.row + p.hidden;\n";
        text += &self.each("let k_# = qkv[key + #u];");
        text += &format!("let w = exp(bias[token + j] + {} - sum);\n", self.dot("q_#", "k_#"));
        let slope = self.dot("g_#", "qkv[key + p.hidden + #u]");
        text += &format!("let ds = w * (({slope}){} - share);\n", self.factor("at * p.tokens + j"));
        text += &self.each("d_# += ds * k_#;");
        text += "}\nshares[at] = share;\n";
        text + &self.each("dqkv[own + #u] = d_# * p.scale;")
    }

    fn keys(&self, keys: bool, values: bool) -> String {
        let mut text = self.each("let k_# = qkv[own + p.hidden + #u] * p.scale;");
        if keys {
            text += &self.each("let v_# = qkv[own + 2u * p.hidden + #u];\nvar dk_# = V();");
        }
        if values {
            text += &self.each("var dv_# = V();");
        }
        text += "let hides = bias[token + i];\nlet base = at - i;\n";
        text += "for (var j = 0u; j < p.tokens; j += 1u) {\nlet query = first + j * p.row;\n";
        text += "let there = (token + j) * p.hidden + head * PARTS;\n";
        text += &self.each("let q_# = qkv[query + #u];\nlet g_# = dmixed[there + #u];");
        text += &format!("let w = exp(hides + {} - sums[base + j]);\n", self.dot("q_#", "k_#"));
        let factor = self.factor("(base + j) * p.tokens + i");
        if values {
            text += &format!("let d = w{factor};\n");
            text += &self.each("dv_# += d * g_#;");
        }
        if keys {
            let slope = self.dot("g_#", "v_#");
            text += &format!("let ds = w * (({slope}){factor} - shares[base + j]);\n");
            text += &self.each("dk_# += ds * q_#;");
        }
        text += "}\n";
        if keys {
            text += &self.each("dqkv[own + p.hidden + #u] = dk_# * p.scale;");
        }
        if values {
            text += &self.each("dqkv[own + 2u * p.hidden + #u] = dv_#;");
        }
        text
    }

    /// ` · mask` of the weight at a place, if something is dropped.
    fn factor(&self, place: &str) -> String {
        if self.drops { format!(" * factor(p.mask, {place})") } else { String::new() }
    }
}

impl Shader for Attention {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let mut declared = String::new();
        let arrays = self.arrays();
        for (binding, (name, element, reads)) in arrays.iter().enumerate() {
            let access = if *reads { READ } else { "read_write" };
            declared += &format!("@group(0) @binding({binding}) var<storage, {access}> {name}: array<{element}>;\n");
        }
        let values = [
            ("element", (if self.lanes() == 4 { "vec4f" } else { "f32" }).to_owned()),
            ("declared", declared),
            ("uniform", arrays.len().to_string()),
            ("parts", self.parts().to_string()),
            ("threads", THREADS.to_string()),
            ("body", self.body()),
        ];
        [PIECE, include_str!("mask.wgsl"), &fill(TEXT, &values)].concat()
    }
}

/// An invocation has one token of one head: a query, or a key with its value.
const TEXT: &str = "
alias V = $element;
$declared
// Sizes of rows are counted in V.
struct Sizes { mask: Mask, all: u32, tokens: u32, heads: u32, hidden: u32, row: u32, scale: f32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;
const PARTS = $partsu;
const LOWEST = -3.4028234e38;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, $threads);
    if (at >= p.all) { return; }
    let i = at % p.tokens;
    let head = (at / p.tokens) % p.heads;
    let token = at / (p.tokens * p.heads) * p.tokens;
    let first = token * p.row + head * PARTS;
    let own = first + i * p.row;
$body}
";

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

    fn run(&self, pass: Pass, arrays: &[&CubeTensor]) {
        let [rows, tokens, heads, width] = self.sizes;
        let shader = Attention { pass, width, drops: self.mask.drops(), rest: !tokens.is_multiple_of(STEP) };
        let all = rows * tokens * heads;
        let hidden = heads * shader.parts();
        let sizes = [all, tokens, heads, hidden, 3 * hidden].map(|number| number as u32);
        let scale = [(width as f32).sqrt().recip().to_bits()];
        let numbers = [self.mask.words().as_slice(), &sizes, &scale].concat();
        run(shader, groups(all, THREADS), arrays, &numbers);
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
    let arrays: Vec<&CubeTensor> = [qkv, bias, &mixed].into_iter().chain(&sums).collect();
    job.run(Pass::Forward { keep }, &arrays);
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
    let (dqkv, shares) = (room(qkv, qkv.shape()), room(qkv, sums.shape()));
    job.run(Pass::Queries, &[qkv, bias, mixed, sums, &gradient, &dqkv, &shares]);
    // Wide heads do not fit into registers four times.
    let [.., width] = job.sizes;
    let both = width <= 48;
    job.run(Pass::Keys { keys: true, values: both }, &[qkv, bias, sums, &gradient, &shares, &dqkv]);
    if !both {
        job.run(Pass::Keys { keys: false, values: true }, &[qkv, bias, sums, &gradient, &dqkv]);
    }
    dqkv
}
