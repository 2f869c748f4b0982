//! Attention whose workgroups take [`ROWS`] tokens of one head, bring the others past them in tiles through the memory that
//! they share, and keep scores and sums in registers.
//!
//! The tokens that stay are queries in the first two passes and keys in the third; the tokens that pass by are the
//! others. What stays has rows i, what passes by has columns j, and each tile is worked on in two ways: scores, a block of
//! i × j with sums over the D values of a head, and mixtures, sums over j of weights `[i, j]` times the values of row j.

use super::{Pass, arrays, sizes_struct};
use crate::kernel::gpu::shader::{Shader, fill};

/// Tokens that stay.
pub const ROWS: usize = 32;
/// Invocations: 8 × 8 for scores; for mixtures as many across as a head has fours of values.
const THREADS: usize = 64;

/// One pass for one width of heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tiled {
    pass: Pass,
    /// D / 4
    fours: usize,
    drops: bool,
    /// Tokens that pass by at a time.
    columns: usize,
}

impl Tiled {
    /// The pass for heads of so many values, with tiles that fit into so many bytes of shared memory; `None` where that
    /// cannot be, or would leave most invocations idle.
    pub fn new(pass: Pass, width: usize, drops: bool, memory: usize) -> Option<Self> {
        let tiled = |columns| Self { pass, fours: width / 4, drops, columns };
        let fits = |tiled: &Self| tiled.memory() <= memory;
        (width.is_multiple_of(4) && (16..=128).contains(&width))
            .then(|| [32, 16].map(tiled).into_iter().find(fits))
            .flatten()
    }

    /// Fours from one row to the next in shared memory: an odd number, so that rows begin in different banks.
    fn pitch(&self) -> usize {
        self.fours | 1
    }

    fn weight_pitch(&self) -> usize {
        self.columns / 4 + 1
    }

    /// Arrays of rows that stay, of rows that pass by, and of weights.
    fn shared(&self) -> [usize; 3] {
        match self.pass {
            Pass::Forward { .. } => [1, 2, 1],
            Pass::Queries => [2, 2, 1],
            Pass::Keys { .. } => [2, 2, 2],
        }
    }

    /// Bytes of shared memory.
    fn memory(&self) -> usize {
        let [stay, pass, weights] = self.shared();
        let rows = (stay * ROWS + pass * self.columns) * self.pitch();
        16 * (rows + weights * ROWS * self.weight_pitch() + 2 * ROWS) + 4 * ROWS
    }

    /// Invocations across a head's values in mixtures, and rows of mixtures that each has.
    fn mixing(&self) -> [usize; 2] {
        let across = self.fours.next_power_of_two();
        [across, ROWS * across / THREADS]
    }

    fn text_of_pass(&self) -> String {
        match self.pass {
            Pass::Forward { keep } => self.forward(keep),
            Pass::Queries => self.queries(),
            Pass::Keys { .. } => self.keys(),
        }
    }

    /// Code for each of an invocation's rows of scores, `#` being its number.
    fn rows(&self, text: &str) -> String {
        (0..ROWS / 8).map(|row| text.replace('#', &row.to_string())).collect()
    }

    /// Code for each of an invocation's scores: `#` for the row, `@` for the column.
    fn scores(&self, text: &str) -> String {
        self.rows(&(0..self.columns / 8).map(|column| text.replace('@', &column.to_string())).collect::<String>())
    }

    /// Code for each of an invocation's rows of mixtures.
    fn mixtures(&self, text: &str) -> String {
        (0..self.mixing()[1]).map(|row| text.replace('#', &row.to_string())).collect()
    }

    /// Fetches rows from an array into shared memory: `count` of them from token `first` on.
    fn fetch(&self, to: &str, from: &str, count: usize, first: &str, at: &str) -> String {
        let Self { fours, .. } = self;
        let pitch = self.pitch();
        format!(
            "for (var n = t; n < {}u; n += {THREADS}u) {{
                let row = n / {fours}u;
                let column = n % {fours}u;
                let token = min({first} + row, p.tokens - 1u);
                {to}[row * {pitch}u + column] = {from}[{at} + column];
            }}\n",
            count * fours
        )
    }

    /// `name_#_@` = Σ over a head's values of rows that stay and rows that pass by.
    fn products(&self, name: &str, stay: &str, pass: &str) -> String {
        let pitch = self.pitch();
        let mut text = self.scores(&format!("var {name}_#_@ = 0.0;\n"));
        text += &format!("for (var d = 0u; d < {}u; d += 1u) {{\n", self.fours);
        text += &self.rows(&format!("let a_# = {stay}[(ty + 8u * #u) * {pitch}u + d];\n"));
        text += &(0..self.columns / 8)
            .map(|column| format!("let b_{column} = {pass}[(tx + {}u) * {pitch}u + d];\n", 8 * column))
            .collect::<String>();
        text += &self.scores(&format!("{name}_#_@ = more({name}_#_@, a_#, b_@);\n"));
        text + "}\n"
    }

    /// Puts weights where mixtures read them.
    fn store(&self, to: &str, value: &str) -> String {
        let pitch = self.weight_pitch();
        self.scores(&format!("{to}[(ty + 8u * #u) * {pitch}u + (tx + 8u * @u) / 4u][(tx + 8u * @u) % 4u] = {value};\n"))
    }

    /// `sum_#` += Σ over the tile's columns of weights times rows that pass by.
    fn mix(&self, sum: &str, weights: &str, pass: &str) -> String {
        let ([across, _], pitch) = (self.mixing(), self.pitch());
        let down = THREADS / across;
        let mut text = format!("for (var j = 0u; j < {}u; j += 1u) {{\n", self.columns / 4);
        text += &(0..4)
            .map(|lane| format!("let x_{lane} = {pass}[(j * 4u + {lane}u) * {pitch}u + column];\n"))
            .collect::<String>();
        text += &self.mixtures(&format!(
            "{{
                let w = {weights}[(mixed_row + {down}u * #u) * {}u + j];
                {sum}_# = fma(vec4f(w.x), x_0, {sum}_#);
                {sum}_# = fma(vec4f(w.y), x_1, {sum}_#);
                {sum}_# = fma(vec4f(w.z), x_2, {sum}_#);
                {sum}_# = fma(vec4f(w.w), x_3, {sum}_#);
            }}\n",
            self.weight_pitch()
        ));
        text + "}\n"
    }

    /// Writes mixtures of tokens that are there.
    fn write(&self, to: &str, at: &str, value: &str) -> String {
        let down = THREADS / self.mixing()[0];
        let text = format!(
            "{{
                let i = mixed_row + {down}u * #u;
                let token = first_token + i;
                if (token < p.tokens && has_column) {{ {to}[{at} + column] = {value}; }}
            }}\n"
        );
        self.mixtures(&text)
    }

    /// ` · mask` of the weight of a query and a key, if something is dropped.
    fn factor(&self, query: &str, key: &str) -> String {
        if self.drops { format!(" * factor(p.mask, (base + {query}) * p.tokens + {key})") } else { String::new() }
    }

    fn forward(&self, keep: bool) -> String {
        let columns = self.columns;
        let mut text = self.fetch("stay_0", "qkv", ROWS, "first_token", "(sentence + token) * p.row + head * FOURS");
        text += &self.rows("var largest_# = LOWEST;\nvar sum_# = 0.0;\n");
        text += &self.mixtures("var o_# = vec4f();\n");
        text += &format!("for (var j_0 = 0u; j_0 < p.tokens; j_0 += {columns}u) {{\n");
        let place = "(sentence + token) * p.row + head * FOURS + ";
        text += &self.fetch("pass_0", "qkv", columns, "j_0", &format!("{place}p.hidden"));
        text += &self.fetch("pass_1", "qkv", columns, "j_0", &format!("{place}2u * p.hidden"));
        text += "workgroupBarrier();\n";
        text += &self.columns_there();
        text += &self.products("s", "stay_0", "pass_0");
        text += &self.scores("s_#_@ = select(LOWEST, s_#_@ * p.scale + bias[sentence + key_@], there_@);\n");
        let top = (0..columns / 8).fold("LOWEST".to_owned(), |top, column| format!("max({top}, s_#_{column})"));
        text += &self.rows(&format!("parts[(ty + 8u * #u) * 2u + tx / 4u][tx % 4u] = {top};\n"));
        text += "workgroupBarrier();\n";
        text += &self.rows(
            "let top_# = max(largest_#, largest_of((ty + 8u * #u) * 2u));
             let less_# = exp(largest_# - top_#);
             largest_# = top_#;
             sum_# *= less_#;
             if (tx == 0u) { factors[ty + 8u * #u] = less_#; }\n",
        );
        text += &self.scores("let w_#_@ = select(0.0, exp(s_#_@ - largest_#), there_@);\nsum_# += w_#_@;\n");
        let factor = self.factor("first_token + ty + 8u * #u", "key_@");
        text += &self.store("weights_0", &format!("w_#_@{factor}"));
        text += "workgroupBarrier();\n";
        let down = THREADS / self.mixing()[0];
        text += &self.mixtures(&format!("o_# *= factors[mixed_row + {down}u * #u];\n"));
        text += &self.mix("o", "weights_0", "pass_1");
        text += "workgroupBarrier();\n}\n";
        text += &self.rows("parts[(ty + 8u * #u) * 2u + tx / 4u][tx % 4u] = sum_#;\n");
        text += "workgroupBarrier();\n";
        if keep {
            text += &self.rows(
                "if (tx == 0u && first_token + ty + 8u * #u < p.tokens) {
                    sums[base + first_token + ty + 8u * #u] = largest_# + log(sum_of((ty + 8u * #u) * 2u));
                }\n",
            );
        }
        text + &self.write("mixed", "(sentence + token) * p.hidden + head * FOURS", "o_# / sum_of(i * 2u)")
    }

    fn queries(&self) -> String {
        let columns = self.columns;
        let own = "(sentence + token) * p.hidden + head * FOURS";
        let place = "(sentence + token) * p.row + head * FOURS";
        let mut text = self.fetch("stay_0", "qkv", ROWS, "first_token", place);
        text += &self.fetch("stay_1", "dmixed", ROWS, "first_token", own);
        text += "workgroupBarrier();\n";
        // Σ dmixed · mixed of each query.
        let pitch = self.pitch();
        text += &self.rows(&format!(
            "let token_# = min(first_token + ty + 8u * #u, p.tokens - 1u);
             var part_# = 0.0;
             for (var d = tx; d < FOURS; d += 8u) {{
                 let o = mixed[(sentence + token_#) * p.hidden + head * FOURS + d];
                 part_# = more(part_#, stay_1[(ty + 8u * #u) * {pitch}u + d], o);
             }}
             parts[(ty + 8u * #u) * 2u + tx / 4u][tx % 4u] = part_#;
             let sum_# = sums[base + token_#];\n"
        ));
        text += "workgroupBarrier();\n";
        text += &self.rows(
            "let share_# = sum_of((ty + 8u * #u) * 2u);
             if (tx == 0u && first_token + ty + 8u * #u < p.tokens) { shares[base + token_#] = share_#; }\n",
        );
        text += &self.mixtures("var d_# = vec4f();\n");
        text += &format!("for (var j_0 = 0u; j_0 < p.tokens; j_0 += {columns}u) {{\n");
        text += &self.fetch("pass_0", "qkv", columns, "j_0", &format!("{place} + p.hidden"));
        text += &self.fetch("pass_1", "qkv", columns, "j_0", &format!("{place} + 2u * p.hidden"));
        text += "workgroupBarrier();\n";
        text += &self.columns_there();
        text += &self.products("s", "stay_0", "pass_0");
        text += &self.products("g", "stay_1", "pass_1");
        text +=
            &self.scores("let w_#_@ = select(0.0, exp(s_#_@ * p.scale + bias[sentence + key_@] - sum_#), there_@);\n");
        let factor = self.factor("first_token + ty + 8u * #u", "key_@");
        text += &self.store("weights_0", &format!("w_#_@ * (g_#_@{factor} - share_#)"));
        text += "workgroupBarrier();\n";
        text += &self.mix("d", "weights_0", "pass_0");
        text += "workgroupBarrier();\n}\n";
        text + &self.write("dqkv", place, "d_# * p.scale")
    }

    fn keys(&self) -> String {
        let columns = self.columns;
        let own = "(sentence + token) * p.hidden + head * FOURS";
        let place = "(sentence + token) * p.row + head * FOURS";
        let mut text = self.fetch("stay_0", "qkv", ROWS, "first_token", &format!("{place} + p.hidden"));
        text += &self.fetch("stay_1", "qkv", ROWS, "first_token", &format!("{place} + 2u * p.hidden"));
        text += &self.rows(
            "let own_# = min(first_token + ty + 8u * #u, p.tokens - 1u);
             let hides_# = bias[sentence + own_#];\n",
        );
        text += &self.mixtures("var dk_# = vec4f();\nvar dv_# = vec4f();\n");
        text += &format!("for (var j_0 = 0u; j_0 < p.tokens; j_0 += {columns}u) {{\n");
        text += &self.fetch("pass_0", "qkv", columns, "j_0", place);
        text += &self.fetch("pass_1", "dmixed", columns, "j_0", own);
        text += "workgroupBarrier();\n";
        text += &self.columns_there();
        for column in 0..columns / 8 {
            text += &format!(
                "let sum_{column} = sums[base + key_{column}];\nlet share_{column} = shares[base + key_{column}];\n"
            );
        }
        text += &self.products("s", "stay_0", "pass_0");
        text += &self.products("g", "stay_1", "pass_1");
        text += &self.scores("let w_#_@ = select(0.0, exp(s_#_@ * p.scale + hides_# - sum_@), there_@);\n");
        let factor = self.factor("key_@", "own_#");
        text += &self.scores(&format!("let f_#_@ = 1.0{factor};\n"));
        text += &self.store("weights_0", "w_#_@ * f_#_@");
        text += &self.store("weights_1", "w_#_@ * (g_#_@ * f_#_@ - share_@)");
        text += "workgroupBarrier();\n";
        text += &self.mix("dv", "weights_0", "pass_1");
        text += &self.mix("dk", "weights_1", "pass_0");
        text += "workgroupBarrier();\n}\n";
        text += &self.write("dqkv", &format!("{place} + p.hidden"), "dk_# * p.scale");
        text + &self.write("dqkv", &format!("{place} + 2u * p.hidden"), "dv_#")
    }

    /// `key_@`, the token of each of an invocation's columns, and `there_@`, whether there is one.
    fn columns_there(&self) -> String {
        (0..self.columns / 8)
            .map(|column| {
                format!(
                    "let there_{column} = j_0 + tx + {0}u < p.tokens;
                     let key_{column} = min(j_0 + tx + {0}u, p.tokens - 1u);\n",
                    8 * column
                )
            })
            .collect()
    }
}

impl Shader for Tiled {
    fn threads(&self) -> u32 {
        THREADS as u32
    }

    fn text(&self) -> String {
        let (declared, uniform) = arrays(self.pass, "vec4f");
        let [stay, pass, weights] = self.shared();
        let array = |name: &str, number: usize, size: usize| -> String {
            (0..number).map(|at| format!("var<workgroup> {name}_{at}: array<vec4f, {size}>;\n")).collect()
        };
        let shared = [
            array("stay", stay, ROWS * self.pitch()),
            array("pass", pass, self.columns * self.pitch()),
            array("weights", weights, ROWS * self.weight_pitch()),
        ];
        let [across, _] = self.mixing();
        let values = [
            ("declared", declared),
            ("sizes", sizes_struct(uniform)),
            ("shared", shared.concat()),
            ("fours", self.fours.to_string()),
            ("across", across.to_string()),
            ("threads", THREADS.to_string()),
            ("rows", ROWS.to_string()),
            ("body", self.text_of_pass()),
        ];
        [include_str!("../mask.wgsl"), &fill(TEXT, &values)].concat()
    }
}

const TEXT: &str = "
$declared$sizes$shared
// Of each row, one number of each invocation that has a part of it; and one that all of them need.
var<workgroup> parts: array<vec4f, 2 * $rows>;
var<workgroup> factors: array<f32, $rows>;
const FOURS = $foursu;
const LOWEST = -3.4028234e38;

fn more(sum: f32, a: vec4f, b: vec4f) -> f32 {
    return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

fn sum_of(at: u32) -> f32 {
    return dot(parts[at] + parts[at + 1u], vec4f(1.0));
}

fn largest_of(at: u32) -> f32 {
    let four = max(parts[at], parts[at + 1u]);
    return max(max(four.x, four.y), max(four.z, four.w));
}

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let piece = group.y * count.x + group.x;
    let blocks = (p.tokens + $rowsu - 1u) / $rowsu;
    if (piece >= p.all) { return; }
    let first_token = (piece % blocks) * $rowsu;
    let head_of_all = piece / blocks;
    let head = head_of_all % p.heads;
    let sentence = head_of_all / p.heads * p.tokens;
    let base = head_of_all * p.tokens;
    let tx = t % 8u;
    let ty = t / 8u;
    let mixed_row = t / $acrossu;
    let has_column = t % $acrossu < FOURS;
    let column = min(t % $acrossu, FOURS - 1u);
$body}
";
