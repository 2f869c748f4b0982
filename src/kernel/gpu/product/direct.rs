//! The main loop of products whose invocations read A and B where they are. On adapters that are emulated on a processor
//! this is several times as fast as [`super::tiled`]: there a barrier costs more than it saves, and caches do the rest.

use super::tiled::{accumulators, rows};
use super::{Product, Text, load};

pub fn main(product: &Product, text: &mut Text) {
    let tile = product.tile;
    text.line(format!("@compute @workgroup_size({})", tile.threads()));
    text.line("fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {");
    place(product, text);
    product.end.before(product, text);
    accumulators(product, text);
    load::begin(product, text);
    text.line("while (turn < turn_end) {");
    load::steps(product, text);
    for first in (0..tile.depth).step_by(4) {
        text.line("{");
        four_steps(product, text, first);
        text.line("}");
    }
    load::next(product, text);
    text.line("}");
    product.end.after(product, text);
    text.line("}");
}

/// Four steps along the depth, so far into the slice, for every value of the block. Each sum is one expression that begins
/// with what is there: emulated adapters keep its parts in a register, but put those of vectors into memory one by one.
fn four_steps(product: &Product, text: &mut Text, first: usize) {
    let tile = product.tile;
    if product.kind.a_is_deep() {
        along_depth(product, text, A, first);
    } else {
        across_depth(product, text, A, first);
    }
    if product.kind.b_is_deep() {
        along_depth(product, text, B, first);
    } else {
        across_depth(product, text, B, first);
    }
    for (four, i) in rows(product) {
        for column in 0..tile.wide / 4 {
            let c = format!("c_{four}{i}{column}");
            let sums = [0, 1, 2, 3].map(|j| {
                let steps = ["x", "y", "z", "w"].map(|k| format!("a_{}.{k} * b_{}.{k}", four * 4 + i, column * 4 + j));
                format!("{c}[{j}] + {}", steps.join(" + "))
            });
            text.line(format!("{c} = vec4f({});", sums.join(", ")));
        }
    }
    for column in (0..tile.wide / 4).filter(|_| product.end.sums_columns()) {
        let sum = [0, 1, 2, 3].map(|k| format!("b_{k}_{column}")).join(" + ");
        text.line(format!("sum_{column} += {sum};"));
    }
}

/// Where this invocation's block of C is, and from which rows and columns it reads: those at the edge of C compute some
/// more than there is, from values that are there.
fn place(product: &Product, text: &mut Text) {
    let tile = product.tile;
    let across = tile.across();
    text.line(format!("let tx = t % {across}u;\nlet ty = t / {across}u;"));
    text.line(format!("let first_row = group.y * {}u + ty * {}u;", tile.rows, tile.high));
    text.line(format!("let first_column = group.x * {}u + tx * {}u;", tile.columns, tile.wide));
    halves(product, text, "row", "tx", tile.high);
    halves(product, text, "column", "ty", tile.wide);
    for (four, i) in rows(product) {
        let at = four * 4 + i;
        text.line(format!("let row_{four}{i} = {};", along(product, "row", at, tile.high)));
        text.line(format!("let as_{at} = min(row_{four}{i}, p.m - 1u);"));
    }
    for four in 0..tile.high / 4 {
        let place = load::within(product, false, &along(product, "row", four * 4, tile.high), "m");
        text.line(format!("let as_{four}_across = {place};"));
    }
    for four in 0..tile.wide / 4 {
        text.line(format!("let column_{four} = {};", along(product, "column", four * 4, tile.wide)));
        let place = load::within(product, false, &format!("column_{four}"), "n");
        text.line(format!("let bs_{four}_across = {place};"));
    }
    for j in 0..tile.wide {
        text.line(format!("let bs_{j} = min({}, p.n - 1u);", along(product, "column", j, tile.wide)));
    }
}

/// Which half of its rows or columns an invocation reads, and which its neighbour.
fn halves(product: &Product, text: &mut Text, side: &str, which: &str, size: usize) {
    if product.tile.swaps {
        text.line(format!("let own_{side} = first_{side} + {which} * {}u;", size / 2));
        text.line(format!("let other_{side} = first_{side} + (1u - {which}) * {}u;", size / 2));
    }
}

/// The place of one of an invocation's rows or columns in C: where neighbours swap, those that it reads come first.
fn along(product: &Product, side: &str, at: usize, size: usize) -> String {
    match at.checked_sub(size / 2) {
        _ if !product.tile.swaps => format!("first_{side} + {at}u"),
        None => format!("own_{side} + {at}u"),
        Some(at) => format!("other_{side} + {at}u"),
    }
}

/// An operand: its name, and the exchange through which a neighbour in the quad that needs the same of it gives its half.
#[derive(Clone, Copy)]
struct Operand {
    name: &'static str,
    exchange: &'static str,
}

/// Neighbours side by side have the same rows of A, those one below the other the same columns of B.
const A: Operand = Operand { name: "a", exchange: "quadSwapX" };
const B: Operand = Operand { name: "b", exchange: "quadSwapY" };

impl Operand {
    /// Rows or columns of an invocation's block.
    fn size(self, product: &Product) -> usize {
        if self.name == A.name { product.tile.high } else { product.tile.wide }
    }
}

/// One of so many values along a side of the block, read or, where neighbours swap and it is of the other half, got.
fn obtain(
    product: &Product,
    text: &mut Text,
    exchange: &str,
    [at, size]: [usize; 2],
    name: impl Fn(usize) -> String,
    read: impl FnOnce(&mut Text),
) {
    match at.checked_sub(size / 2) {
        Some(theirs) if product.tile.swaps => {
            text.line(format!("let {} = {exchange}({});", name(at), name(theirs)));
        }
        _ => read(text),
    }
}

/// `a_0`, `a_1`, … or `b_0`, …: four values along the depth of each row of A or column of B, where these are neighbours.
fn along_depth(product: &Product, text: &mut Text, operand: Operand, first: usize) {
    let size = operand.size(product);
    for at in 0..size {
        let name = |at: usize| format!("{}_{at}", operand.name);
        obtain(product, text, operand.exchange, [at, size], name, |text| {
            fetch(product, text, operand.name, &name(at), &format!("{}s_{at}", operand.name), first);
        });
    }
}

/// The same where neighbours lie across the depth: four of these at each of the four steps, `a_k_0`, `a_k_1`, …, are turned.
fn across_depth(product: &Product, text: &mut Text, operand: Operand, first: usize) {
    let fours = operand.size(product) / 4;
    for k in 0..4 {
        let name = |four: usize| format!("{}_{k}_{four}", operand.name);
        for four in 0..fours {
            obtain(product, text, operand.exchange, [four, fours], name, |text| {
                fetch(product, text, operand.name, &name(four), &format!("{}s_{four}_across", operand.name), first + k);
            });
        }
    }
    for at in 0..operand.size(product) {
        let (four, lane) = (at / 4, &"xyzw"[at % 4..=at % 4]);
        let steps = [0, 1, 2, 3].map(|k| format!("{}_{k}_{four}.{lane}", operand.name)).join(", ");
        text.line(format!("let {}_{at} = vec4f({steps});", operand.name));
    }
}

/// Four neighbours of A or B, so far into the slice.
fn fetch(product: &Product, text: &mut Text, operand: &str, name: &str, side: &str, depth: usize) {
    let depth = format!("{depth}u");
    let base = format!("({})", load::base(product, operand, side, &depth));
    if product.even {
        text.line(format!("let {name} = {};", load::value(operand, &base)));
    } else {
        text.line(format!("var {name} = vec4f();"));
        text.line(load::fetch(product, operand, name, &base, &depth));
    }
}
