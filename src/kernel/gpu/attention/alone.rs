//! Attention whose invocations each have one token of one head, and go through all keys of their query, or all queries of
//! their key, where these lie in memory. For heads of any width, and for adapters that are emulated on a processor, where
//! barriers cost more than they save.

use super::{Pass, arrays, sizes_struct};
use crate::kernel::gpu::shader::{PIECE, Shader, fill};

pub const THREADS: u32 = 64;
/// Keys that a query takes at a time.
const STEP: usize = 4;

/// One pass for one width of heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alone {
    pass: Pass,
    /// D
    width: usize,
    drops: bool,
    /// Whether T is no multiple of [`STEP`].
    rest: bool,
}

impl Alone {
    /// The pass for heads of so many values and rows of so many tokens.
    pub fn new(pass: Pass, width: usize, drops: bool, tokens: usize) -> Self {
        Self { pass, width, drops, rest: !tokens.is_multiple_of(STEP) }
    }

    /// Values that are read at a time.
    pub fn lanes(&self) -> usize {
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

impl Shader for Alone {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let (declared, uniform) = arrays(self.pass, if self.lanes() == 4 { "vec4f" } else { "f32" });
        let values = [
            ("declared", declared),
            ("sizes", sizes_struct(uniform)),
            ("parts", self.parts().to_string()),
            ("threads", THREADS.to_string()),
            ("body", self.body()),
        ];
        [PIECE, include_str!("../mask.wgsl"), &fill(TEXT, &values)].concat()
    }
}

/// An invocation has one token of one head: a query, or a key with its value.
const TEXT: &str = "
$declared$sizes
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
