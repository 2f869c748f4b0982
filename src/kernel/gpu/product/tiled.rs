//! The main loop of products whose workgroups bring A and B into the memory that they share, a slice of the depth at a
//! time, and read each value there as often as their block of C needs it.
//!
//! While one slice is computed with, the next is already on its way to registers. Both operands lie with their blocks'
//! rows (of A) or columns (of B) side by side, so that an invocation reads four of them at once.
//!
//! In half precision shared memory holds halves, and sums over one slice are halves; those over all slices are not. Gradients
//! are multiplied by [`SCALE`] on the way in, and sums divided by it on the way out.

use super::load;
use super::{Product, Text};

/// What gradients are multiplied by in half precision, whose smallest value of full precision is 6e-5: gradients of a mean
/// over a batch are mostly smaller, and hardly ever near 60. A power of two, so that nothing is rounded.
const SCALE: f32 = 1024.0;

/// What one operand's part of the code needs to know.
struct Operand {
    /// `a` or `b`.
    name: &'static str,
    /// Whether neighbours in memory are neighbours along the depth.
    deep: bool,
    /// Rows of A's block or columns of B's.
    size: usize,
}

pub fn main(product: &Product, text: &mut Text) {
    let tile = product.tile;
    let operands = [
        Operand { name: "a", deep: product.kind.a_is_deep(), size: tile.rows },
        Operand { name: "b", deep: product.kind.b_is_deep(), size: tile.columns },
    ];
    for operand in &operands {
        let size = tile.depth * operand.pitch();
        let four = if product.half { "vec4h" } else { "vec4f" };
        text.line(format!("var<workgroup> s{}: array<{four}, {size}>;", operand.name));
    }
    text.line(format!("@compute @workgroup_size({})", tile.threads()));
    text.line("fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {");
    place(product, text);
    product.end.before(product, text);
    load::begin(product, text);
    for operand in &operands {
        operand.declare(product, text);
    }
    accumulators(product, text);
    fetch(product, &operands, text);
    text.line("while (turn < turn_end) {");
    for operand in &operands {
        operand.store(product, text);
    }
    text.line("workgroupBarrier();");
    load::next(product, text);
    text.line("if (turn < turn_end)");
    fetch(product, &operands, text);
    slice(product, &operands, text);
    sum_columns(product, &operands[1], text);
    text.line("workgroupBarrier();\n}");
    if product.half && product.kind.gradient().is_some() {
        divide_by_scale(product, text);
    }
    product.end.after(product, text);
    text.line("}");
}

/// Fetches this invocation's fours of the slice at `k_0`, in a block of its own.
fn fetch(product: &Product, operands: &[Operand; 2], text: &mut Text) {
    text.line("{");
    load::steps(product, text);
    for operand in operands {
        operand.fetch(product, text);
    }
    text.line("}");
}

/// Adds what of B is in shared memory to the sums of its columns, where they are wanted.
fn sum_columns(product: &Product, b: &Operand, text: &mut Text) {
    if !product.end.sums_columns() {
        return;
    }
    text.line("if (sums_columns && ty == 0u) {");
    for k in 0..product.tile.depth {
        for four in 0..product.tile.wide / 4 {
            let at = k * b.pitch() + four * product.tile.across();
            text.line(format!("sum_{four} += vec4f(sb[{at}u + tx]);"));
        }
    }
    text.line("}");
}

/// Where this invocation's block of C is. Neighbours in fours of rows and columns, the next fours so far away that all
/// invocations together read neighbours.
fn place(product: &Product, text: &mut Text) {
    let tile = product.tile;
    let (across, down) = (tile.across(), tile.down());
    // Half of 32 invocations share two rows of blocks, so that what they read is in as few places as possible.
    if across.is_multiple_of(8) && (across * down).is_multiple_of(32) {
        text.line("let lane = t % 32u;\nlet warp = t / 32u;");
        let warps = across / 8;
        text.line(format!("let tx = (warp % {warps}u) * 8u + ((lane >> 1u) & 7u);"));
        text.line(format!("let ty = (warp / {warps}u) * 4u + ((lane >> 4u) << 1u) + (lane & 1u);"));
    } else {
        text.line(format!("let tx = t % {across}u;\nlet ty = t / {across}u;"));
    }
    text.line(format!("let first_row = group.y * {}u;\nlet first_column = group.x * {}u;", tile.rows, tile.columns));
    for (four, i) in rows(product) {
        text.line(format!("let row_{four}{i} = first_row + {}u + ty * 4u + {i}u;", four * down * 4));
    }
    for four in 0..tile.wide / 4 {
        text.line(format!("let column_{four} = first_column + {}u + tx * 4u;", four * across * 4));
    }
}

/// An invocation's rows: fours, and places in them.
pub fn rows(product: &Product) -> impl Iterator<Item = (usize, usize)> {
    (0..product.tile.high / 4).flat_map(|four| (0..4).map(move |i| (four, i)))
}

/// The sums of an invocation's block of C, by rows and fours of columns.
pub fn accumulators(product: &Product, text: &mut Text) {
    for (four, i) in rows(product) {
        (0..product.tile.wide / 4).for_each(|column| text.line(format!("var c_{four}{i}{column} = vec4f();")));
    }
}

/// All steps along the depth of one slice.
fn slice(product: &Product, operands: &[Operand; 2], text: &mut Text) {
    let sums =
        || rows(product).flat_map(|(four, i)| (0..product.tile.wide / 4).map(move |wide| format!("{four}{i}{wide}")));
    if product.half {
        text.line("{");
        sums().for_each(|sum| text.line(format!("var h_{sum} = vec4h();")));
    }
    for k in 0..product.tile.depth {
        compute(product, operands, k, text);
    }
    if product.half {
        sums().for_each(|sum| text.line(format!("c_{sum} += vec4f(h_{sum});")));
        text.line("}");
    }
}

/// Takes [`SCALE`] out of all sums.
fn divide_by_scale(product: &Product, text: &mut Text) {
    let by = 1.0 / SCALE;
    for (four, i) in rows(product) {
        (0..product.tile.wide / 4).for_each(|column| text.line(format!("c_{four}{i}{column} *= {by};")));
    }
    if product.end.sums_columns() {
        (0..product.tile.wide / 4).for_each(|column| text.line(format!("sum_{column} *= {by};")));
    }
}

/// One step along the depth of all of the block's sums.
fn compute(product: &Product, operands: &[Operand; 2], k: usize, text: &mut Text) {
    let (tile, [a, b]) = (product.tile, operands);
    text.line("{");
    for four in 0..tile.high / 4 {
        text.line(format!("let a_{four} = sa[{}u + ty];", k * a.pitch() + four * tile.down()));
    }
    for four in 0..tile.wide / 4 {
        text.line(format!("let b_{four} = sb[{}u + tx];", k * b.pitch() + four * tile.across()));
    }
    for (four, i) in rows(product) {
        for column in 0..tile.wide / 4 {
            let (of, wide) = if product.half { ("h", "vec4h") } else { ("c", "vec4f") };
            let (sum, lane) = (format!("{of}_{four}{i}{column}"), &"xyzw"[i..=i]);
            text.line(format!("{sum} = fma({wide}(a_{four}.{lane}), b_{column}, {sum});"));
        }
    }
    text.line("}");
}

impl Operand {
    /// Fours from one depth to the next in shared memory; one more than there are, so that the stores of operands that lie
    /// along the depth meet different banks.
    fn pitch(&self) -> usize {
        self.size / 4 + 1
    }

    /// Fours that an invocation fetches for a slice, the last of which not all have.
    fn fours(&self, product: &Product) -> impl Iterator<Item = Fetch> {
        let (all, threads) = (self.size * product.tile.depth / 4, product.tile.threads());
        (0..all.div_ceil(threads)).map(move |number| {
            let left = all - number * threads;
            Fetch { number, limit: (left < threads).then_some(left) }
        })
    }

    /// Names for where an invocation's fours come from and go to.
    fn declare(&self, product: &Product, text: &mut Text) {
        let Self { name, deep, size } = *self;
        let threads = product.tile.threads();
        for Fetch { number, .. } in self.fours(product) {
            let four = format!("{name}{number}");
            let split = if deep { product.tile.depth / 4 } else { size / 4 };
            text.line(format!("let {four}_outer = (t + {}u) / {split}u;", number * threads));
            text.line(format!("let {four}_inner = ((t + {}u) % {split}u) * 4u;", number * threads));
            // Along the depth, or across it: which is the row or column of C, and which the depth.
            let (side, depth) = if deep { ("outer", "inner") } else { ("inner", "outer") };
            let (first, count) = if name == "a" { ("first_row", "m") } else { ("first_column", "n") };
            let place = load::within(product, deep, &format!("{first} + {four}_{side}"), count);
            let base = load::base(product, name, &place, &format!("{four}_{depth}"));
            text.line(format!("let {four}_base = {base};\nvar {four} = vec4f();"));
        }
    }

    /// Fetches this invocation's fours into registers.
    fn fetch(&self, product: &Product, text: &mut Text) {
        for fetch in self.fours(product) {
            let four = format!("{}{}", self.name, fetch.number);
            let depth = format!("{four}_{}", if self.deep { "inner" } else { "outer" });
            let line = load::fetch(product, self.name, &four, &format!("{four}_base"), &depth);
            fetch.guarded(text, |text| text.line(line));
        }
    }

    /// Four values as shared memory holds them.
    fn held(&self, product: &Product, four: &str) -> String {
        if !product.half {
            return four.to_owned();
        }
        let scaled =
            if product.kind.gradient() == Some(self.name) { format!("{four} * {SCALE:.1}") } else { four.to_owned() };
        // What is larger than any half would be infinite.
        format!("vec4h(clamp({scaled}, vec4f(-65504.0), vec4f(65504.0)))")
    }

    /// Stores them into shared memory, turned where they lie along the depth.
    fn store(&self, product: &Product, text: &mut Text) {
        let (name, pitch) = (self.name, self.pitch());
        for fetch in self.fours(product) {
            let four = format!("{name}{}", fetch.number);
            fetch.guarded(text, |text| {
                let held = format!("{four}_held");
                text.line(format!("let {held} = {};", self.held(product, &four)));
                if self.deep {
                    for (i, lane) in ["x", "y", "z", "w"].into_iter().enumerate() {
                        let to = format!("({four}_inner + {i}u) * {pitch}u + {four}_outer / 4u");
                        text.line(format!("s{name}[{to}][{four}_outer % 4u] = {held}.{lane};"));
                    }
                } else {
                    text.line(format!("s{name}[{four}_outer * {pitch}u + {four}_inner / 4u] = {held};"));
                }
            });
        }
    }
}

/// One four that an invocation fetches.
struct Fetch {
    number: usize,
    /// Where not all invocations have it: how many.
    limit: Option<usize>,
}

impl Fetch {
    fn guarded(&self, text: &mut Text, body: impl FnOnce(&mut Text)) {
        if let Some(limit) = self.limit {
            text.line(format!("if (t < {limit}u) {{"));
        }
        body(text);
        if self.limit.is_some() {
            text.line("}");
        }
    }
}
