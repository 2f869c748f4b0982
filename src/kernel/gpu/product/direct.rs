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

/// Four steps along the depth, so far into the slice.
fn four_steps(product: &Product, text: &mut Text, first: usize) {
    let tile = product.tile;
    match (product.kind.a_is_deep(), product.kind.b_is_deep()) {
        (true, true) => {
            a_by_rows(product, text, first);
            for j in 0..tile.wide {
                let name = |j: usize| format!("b_{j}");
                obtain(product, text, B, [j, tile.wide], name, |text| {
                    fetch(product, text, "b", &name(j), &format!("bs_{j}"), first);
                });
            }
            for (four, i) in rows(product) {
                for column in 0..tile.wide / 4 {
                    let dots = [0, 1, 2, 3].map(|j| format!("dot(a_{four}{i}, b_{})", column * 4 + j)).join(", ");
                    text.line(format!("c_{four}{i}{column} += vec4f({dots});"));
                }
            }
        }
        (true, false) => {
            a_by_rows(product, text, first);
            (0..4).for_each(|k| b_by_columns(product, text, first, k));
            for (four, i) in rows(product) {
                for column in 0..tile.wide / 4 {
                    let steps = [0, 1, 2, 3].map(|k| format!("a_{four}{i}.{} * b_{k}_{column}", &"xyzw"[k..=k]));
                    text.line(format!("c_{four}{i}{column} += {};", steps.join(" + ")));
                }
            }
        }
        (false, _) => {
            for k in 0..4 {
                for four in 0..tile.high / 4 {
                    let name = |four: usize| format!("a_{k}_{four}");
                    obtain(product, text, A, [four, tile.high / 4], name, |text| {
                        fetch(product, text, "a", &name(four), &format!("as_{four}"), first + k);
                    });
                }
                b_by_columns(product, text, first, k);
            }
            for (four, i) in rows(product) {
                for column in 0..tile.wide / 4 {
                    let steps = [0, 1, 2, 3].map(|k| format!("a_{k}_{four}.{} * b_{k}_{column}", &"xyzw"[i..=i]));
                    text.line(format!("c_{four}{i}{column} += {};", steps.join(" + ")));
                }
            }
            for column in (0..tile.wide / 4).filter(|_| product.end.sums_columns()) {
                let sum = [0, 1, 2, 3].map(|k| format!("b_{k}_{column}")).join(" + ");
                text.line(format!("sum_{column} += {sum};"));
            }
        }
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
        text.line(format!("let row_{four}{i} = {};", along(product, "row", four * 4 + i, tile.high)));
        text.line(format!("let as_{four}{i} = min(row_{four}{i}, p.m - 1u);"));
    }
    for four in 0..tile.high / 4 {
        let place = load::within(product, false, &along(product, "row", four * 4, tile.high), "m");
        text.line(format!("let as_{four} = {place};"));
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

/// An operand, by the exchange through which a neighbour in the quad that needs the same of it gives its half.
type Exchange = &'static str;
/// Neighbours side by side have the same rows of A, those one below the other the same columns of B.
const A: Exchange = "quadSwapX";
const B: Exchange = "quadSwapY";

/// One of so many values along a side of the block, read or, where neighbours swap and it is of the other half, got.
fn obtain(
    product: &Product,
    text: &mut Text,
    exchange: Exchange,
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

fn a_by_rows(product: &Product, text: &mut Text, first: usize) {
    for at in 0..product.tile.high {
        let name = |at: usize| format!("a_{}{}", at / 4, at % 4);
        obtain(product, text, A, [at, product.tile.high], name, |text| {
            fetch(product, text, "a", &name(at), &format!("as_{}{}", at / 4, at % 4), first);
        });
    }
}

fn b_by_columns(product: &Product, text: &mut Text, first: usize, k: usize) {
    let fours = product.tile.wide / 4;
    for column in 0..fours {
        let name = |column: usize| format!("b_{k}_{column}");
        obtain(product, text, B, [column, fours], name, |text| {
            fetch(product, text, "b", &name(column), &format!("bs_{column}_across"), first + k);
        });
    }
}

/// Four neighbours of A or B, so far into the slice.
fn fetch(product: &Product, text: &mut Text, operand: &str, name: &str, side: &str, depth: usize) {
    let depth = format!("{depth}u");
    let base = load::base(product, operand, side, &depth);
    text.line(format!("var {name} = vec4f();"));
    text.line(load::fetch(product, operand, name, &format!("({base})"), &depth));
}
