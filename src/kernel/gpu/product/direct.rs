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
                fetch(product, text, "b", &format!("b_{j}"), &format!("bs_{j}"), first);
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
                    fetch(product, text, "a", &format!("a_{k}_{four}"), &format!("as_{four}"), first + k);
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
    for (four, i) in rows(product) {
        text.line(format!("let row_{four}{i} = first_row + {}u;", four * 4 + i));
        text.line(format!("let as_{four}{i} = min(row_{four}{i}, p.m - 1u);"));
    }
    for four in 0..tile.high / 4 {
        let place = load::within(product, false, &format!("first_row + {}u", four * 4), "m");
        text.line(format!("let as_{four} = {place};"));
    }
    for four in 0..tile.wide / 4 {
        text.line(format!("let column_{four} = first_column + {}u;", four * 4));
        let place = load::within(product, false, &format!("column_{four}"), "n");
        text.line(format!("let bs_{four}_across = {place};"));
    }
    for j in 0..tile.wide {
        text.line(format!("let bs_{j} = min(first_column + {j}u, p.n - 1u);"));
    }
}

fn a_by_rows(product: &Product, text: &mut Text, first: usize) {
    for (four, i) in rows(product) {
        fetch(product, text, "a", &format!("a_{four}{i}"), &format!("as_{four}{i}"), first);
    }
}

fn b_by_columns(product: &Product, text: &mut Text, first: usize, k: usize) {
    for column in 0..product.tile.wide / 4 {
        fetch(product, text, "b", &format!("b_{k}_{column}"), &format!("bs_{column}_across"), first + k);
    }
}

/// Four neighbours of A or B, so far into the slice.
fn fetch(product: &Product, text: &mut Text, operand: &str, name: &str, side: &str, depth: usize) {
    let depth = format!("{depth}u");
    let base = load::base(product, operand, side, &depth);
    text.line(format!("var {name} = vec4f();"));
    text.line(load::fetch(product, operand, name, &format!("({base})"), &depth));
}
