//! Attention whose invocations each have one token of one head, and go through all keys of their query, or all queries of
//! their key, where these lie in memory. For heads of any width, and for adapters that are emulated on a processor, where
//! barriers cost more than they save. There reading costs more than computing, too: the four invocations of a quad, which
//! have tokens of the same head, each read one of four keys or queries, and swap.

use super::{Pass, arrays, sizes_struct};
use crate::kernel::gpu::adapter::{has_quads, is_software};
use crate::kernel::gpu::shader::{PIECE, Shader, fill};

pub const THREADS: u32 = 64;
/// Keys that a query takes at a time, and queries that a key takes where invocations swap.
const STEP: usize = 4;
/// How an invocation gets what the one whose number differs by 1, 2 or 3 (as bits) has read.
const EXCHANGES: [&str; STEP - 1] = ["quadSwapX", "quadSwapY", "quadSwapDiagonal"];

/// One pass for one width of heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alone {
    pass: Pass,
    /// D
    width: usize,
    drops: bool,
    /// Whether T is no multiple of [`STEP`].
    rest: bool,
    /// Whether the invocations of a quad swap what they read.
    swaps: bool,
}

impl Alone {
    /// The pass for heads of so many values and rows of so many tokens.
    pub fn new(pass: Pass, width: usize, drops: bool, tokens: usize) -> Self {
        let rest = !tokens.is_multiple_of(STEP);
        Self { pass, width, drops, rest, swaps: is_software() && has_quads() && !rest }
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

    /// How many tokens a turn of a backward pass's loop takes.
    fn step(&self) -> usize {
        if self.swaps { STEP } else { 1 }
    }

    /// `j0`, `j1`, …: the tokens of a turn. Invocations that swap have them in orders of their own, each its own first.
    fn tokens(&self, step: usize) -> String {
        let token = |n: usize| match n {
            _ if self.swaps => format!("j + (lane ^ {n}u)"),
            1.. if self.rest => format!("min(j + {n}u, p.tokens - 1u)"),
            _ => format!("j + {n}u"),
        };
        (0..step).map(|n| format!("let j{n} = {};\n", token(n))).collect()
    }

    /// What lies at a place for each token of a turn, read or, where invocations swap, got. In names `$` stands for the
    /// number of the token; with `#`, for that of the part, all parts are meant.
    fn read(&self, step: usize, name: &str, place: impl Fn(&str) -> String) -> String {
        let named = |n: usize| name.replace('$', &n.to_string());
        let value = |n: usize| match n {
            1.. if self.swaps => format!("{}({})", EXCHANGES[n - 1], named(0)),
            _ => place(&format!("j{n}")),
        };
        let lines = (0..step).map(|n| format!("let {} = {};", named(n), value(n)));
        lines.map(|line| if name.contains('#') { self.each(&line) } else { line + "\n" }).collect()
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
        text += &format!("for (var j = 0u; j < p.tokens; j += {STEP}u) {{\n");
        text += &self.tokens(STEP);
        text += &self.read(STEP, "k$_#", key);
        let mut top = "largest".to_owned();
        for n in 0..STEP {
            text += &format!("let s{n} = bias[token + j{n}] + {};\n", self.dot("q_#", &format!("k{n}_#")));
            top = format!("max({top}, s{n})");
        }
        text += &format!("let top = {top};\nif (top > largest) {{\nlet less = exp(largest - top);\nsum *= less;\n");
        text += &self.each("o_# *= less;");
        text += "largest = top;\n}\n";
        text += &self.read(STEP, "v$_#", value);
        for n in 0..STEP {
            let there = if self.rest && n > 0 { format!("j + {n}u < p.tokens") } else { "true".to_owned() };
            text += &format!("let w{n} = select(0.0, exp(s{n} - largest), {there});\nsum += w{n};\n");
            text += &format!("let d{n} = w{n}{};\n", self.factor(&format!("at * p.tokens + j{n}")));
            text += &self.each(&format!("o_# += d{n} * v{n}_#;"));
        }
        text += "}\nlet share = 1.0 / sum;\nlet to = (token + i) * p.hidden + head * PARTS;\n";
        text += &self.each("mixed[to + #u] = o_# * share;");
        if keep {
            text += "sums[at] = largest + log(sum);\n";
        }
        text
    }

    fn queries(&self) -> String {
        let step = self.step();
        let mut text = "let to = (token + i) * p.hidden + head * PARTS;\n".to_owned();
        text += &self.each("let q_# = qkv[own + #u] * p.scale;\nlet g_# = dmixed[to + #u];\nvar d_# = V();");
        text += &format!("let share = {};\nlet sum = sums[at];\n", self.dot("g_#", "mixed[to + #u]"));
        text += &format!("for (var j = 0u; j < p.tokens; j += {step}u) {{\n");
        text += &[self.tokens(step), self.read(step, "k$_#", key), self.read(step, "v$_#", value)].concat();
        for n in 0..step {
            let [score, slope] = [self.dot("q_#", &format!("k{n}_#")), self.dot("g_#", &format!("v{n}_#"))];
            text += &format!("let w{n} = exp(bias[token + j{n}] + {score} - sum);\n");
            let factor = self.factor(&format!("at * p.tokens + j{n}"));
            text += &format!("let ds{n} = w{n} * (({slope}){factor} - share);\n");
            text += &self.each(&format!("d_# += ds{n} * k{n}_#;"));
        }
        text += "}\nshares[at] = share;\n";
        text + &self.each("dqkv[own + #u] = d_# * p.scale;")
    }

    fn keys(&self, keys: bool, values: bool) -> String {
        let step = self.step();
        let mut text = self.each("let k_# = qkv[own + p.hidden + #u] * p.scale;");
        if keys {
            text += &self.each("let v_# = qkv[own + 2u * p.hidden + #u];\nvar dk_# = V();");
        }
        if values {
            text += &self.each("var dv_# = V();");
        }
        text += "let hides = bias[token + i];\nlet base = at - i;\n";
        text += &format!("for (var j = 0u; j < p.tokens; j += {step}u) {{\n");
        text += &[self.tokens(step), self.read(step, "q$_#", query)].concat();
        text += &self.read(step, "g$_#", |j| format!("dmixed[(token + {j}) * p.hidden + head * PARTS + #u]"));
        text += &self.read(step, "sum$", |j| format!("sums[base + {j}]"));
        if keys {
            text += &self.read(step, "share$", |j| format!("shares[base + {j}]"));
        }
        for n in 0..step {
            text += &format!("let w{n} = exp(hides + {} - sum{n});\n", self.dot(&format!("q{n}_#"), "k_#"));
            let factor = self.factor(&format!("(base + j{n}) * p.tokens + i"));
            if values {
                text += &format!("let d{n} = w{n}{factor};\n");
                text += &self.each(&format!("dv_# += d{n} * g{n}_#;"));
            }
            if keys {
                let slope = self.dot(&format!("g{n}_#"), "v_#");
                text += &format!("let ds{n} = w{n} * (({slope}){factor} - share{n});\n");
                text += &self.each(&format!("dk_# += ds{n} * q{n}_#;"));
            }
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
        // Natively, naga takes them without being told.
        let enabled = if self.swaps && cfg!(target_family = "wasm") { "enable subgroups;\n" } else { "" };
        let values = [
            ("at", (if self.swaps { SWAPPING } else { SINGLY }).to_owned()),
            ("declared", declared),
            ("sizes", sizes_struct(uniform)),
            ("parts", self.parts().to_string()),
            ("threads", THREADS.to_string()),
            ("body", self.body()),
        ];
        [enabled, PIECE, include_str!("../mask.wgsl"), &fill(TEXT, &values)].concat()
    }
}

/// Where the part at `#` of a token's query, key and value begins.
fn query(token: &str) -> String {
    format!("qkv[first + {token} * p.row + #u]")
}

fn key(token: &str) -> String {
    format!("qkv[first + {token} * p.row + p.hidden + #u]")
}

fn value(token: &str) -> String {
    format!("qkv[first + {token} * p.row + 2u * p.hidden + #u]")
}

/// WGSL: which token of which head an invocation has.
const SINGLY: &str = "
    let at = piece(group, count, t, $threads);
    if (at >= p.all) { return; }";

/// Invocations that swap go on together: those behind the end compute what the last four do, to the same places.
const SWAPPING: &str = "
    let lane = t % 4u;
    let at = min(piece(group, count, t, $threads), p.all - 4u + lane);";

/// An invocation has one token of one head: a query, or a key with its value.
const TEXT: &str = "
$declared$sizes
const PARTS = $partsu;
const LOWEST = -3.4028234e38;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
$at
    let i = at % p.tokens;
    let head = (at / p.tokens) % p.heads;
    let token = at / (p.tokens * p.heads) * p.tokens;
    let first = token * p.row + head * PARTS;
    let own = first + i * p.row;
$body}
";
