//! Every kernel against the plain burn expression beside it: values and the gradients of all inputs, with and without
//! dropout, at sizes that fill neither vectors nor tiles. On the CPU, and where a GPU is wanted there, too.

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::{
    Dropout, Lookup, Places, add_norm, attention, embed, feed_forward, first_attention, gelu, linear, linears, mix64,
    norm, plain,
};

/// Where kernels are tried, and how far they may be from the plain expression, relative to the largest value.
struct On {
    device: Device,
    within: f32,
}

impl On {
    fn cpu() -> Self {
        Self { device: Device::flex().autodiff(), within: 2e-6 }
    }

    /// Values between −1 and 1 without a pattern, as a leaf of the graph.
    fn leaf<const D: usize>(&self, shape: [usize; D], seed: u64) -> Tensor<D> {
        let size: usize = shape.iter().product();
        let values: Vec<f32> =
            (0..size as u64).map(|i| mix64(i ^ (seed << 40)) as i64 as f32 / i64::MAX as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device).require_grad()
    }

    fn close<const D: usize>(&self, name: &str, found: Tensor<D>, expected: Tensor<D>) {
        assert_eq!(found.dims(), expected.dims(), "{name}");
        let values = |tensor: Tensor<D>| tensor.into_data().try_into_vec::<f32>().expect("f32");
        let (found, expected) = (values(found), values(expected));
        let largest = expected.iter().fold(1e-3_f32, |largest, x| largest.max(x.abs()));
        for (place, (a, b)) in found.iter().zip(&expected).enumerate() {
            assert!((a - b).abs() <= self.within * largest, "{name}[{place}]: {a}, not {b} (of {largest})");
        }
    }

    /// A scalar of which every value of `y` has a gradient of its own.
    fn weigh<const D: usize>(&self, y: Tensor<D>) -> Tensor<1> {
        let weights = Tensor::from_inner(self.leaf(y.dims(), 99).inner());
        (y * weights).sum()
    }
}

/// Compares two ways to compute the same from the same leaves.
macro_rules! same {
    ($on:expr, $name:expr, [$($leaf:ident),*], $kernel:expr, $plain:expr) => {{
        let (kernel, plain) = ($kernel, $plain);
        $on.close($name, kernel.clone().inner(), plain.clone().inner());
        let (kernel, plain) = ($on.weigh(kernel).backward(), $on.weigh(plain).backward());
        $(
            let name = format!("{}: gradient of {}", $name, stringify!($leaf));
            $on.close(&name, $leaf.grad(&kernel).expect("a gradient"), $leaf.grad(&plain).expect("a gradient"));
        )*
    }};
}

fn dropouts() -> [Dropout; 2] {
    [Dropout::off(), Dropout::new(0.3, 7)]
}

/// Rows, inputs and outputs: fewer than a tile has, none a multiple of four, all, and more than one tile has.
const DENSE: [[usize; 3]; 5] = [[1, 1, 1], [7, 5, 19], [70, 33, 50], [65, 20, 36], [130, 400, 212]];

fn dense_layers(on: &On) {
    for [rows, inputs, outputs] in DENSE {
        let (x, w, b) = (on.leaf([2, rows, inputs], 0), on.leaf([inputs, outputs], 1), on.leaf([outputs], 2));
        let kernel = linear(x.clone(), w.clone(), b.clone());
        let name = format!("linear {rows} {inputs} {outputs}");
        same!(on, &name, [x, w, b], kernel, plain::linear(x.clone(), w.clone(), b.clone()));
    }
}

fn layers_side_by_side(on: &On) {
    for [rows, inputs, outputs] in DENSE {
        let x = on.leaf([2, rows, inputs], 0);
        let [w0, w1, w2] = [1, 2, 3].map(|seed| on.leaf([inputs, outputs], seed));
        let [b0, b1, b2] = [4, 5, 6].map(|seed| on.leaf([outputs], seed));
        let weights = || [w0.clone(), w1.clone(), w2.clone()];
        let biases = || [b0.clone(), b1.clone(), b2.clone()];
        let each = weights().into_iter().zip(biases()).map(|(w, b)| plain::linear(x.clone(), w, b));
        let plain = Tensor::cat(each.collect(), 2);
        let name = format!("linears {rows} {inputs} {outputs}");
        same!(on, &name, [x, w0, w1, w2, b0, b1, b2], linears(x.clone(), weights(), biases()), plain);
    }
}

fn feed_forwards(on: &On) {
    for [rows, inputs, outputs] in DENSE {
        let (x, w0, w1) = (on.leaf([2, rows, inputs], 0), on.leaf([inputs, outputs], 1), on.leaf([outputs, inputs], 2));
        let (b0, b1) = (on.leaf([outputs], 3), on.leaf([inputs], 4));
        let kernel = feed_forward(x.clone(), [w0.clone(), w1.clone()], [b0.clone(), b1.clone()]);
        let wide = plain::gelu(plain::linear(x.clone(), w0.clone(), b0.clone()));
        let name = format!("feed forward {rows} {inputs} {outputs}");
        same!(on, &name, [x, w0, w1, b0, b1], kernel, plain::linear(wide, w1.clone(), b1.clone()));
        let alone = feed_forward(x.clone().inner(), [w0.inner(), w1.inner()], [b0.inner(), b1.inner()]);
        let recorded = feed_forward_of(on, [rows, inputs, outputs]);
        on.close(&format!("{name} without a graph"), alone, recorded);
    }
}

fn feed_forward_of(on: &On, [rows, inputs, outputs]: [usize; 3]) -> Tensor<3> {
    let weights = [on.leaf([inputs, outputs], 1), on.leaf([outputs, inputs], 2)];
    feed_forward(on.leaf([2, rows, inputs], 0), weights, [on.leaf([outputs], 3), on.leaf([inputs], 4)]).inner()
}

fn embeddings(on: &On) {
    for width in [8, 7] {
        let [t0, t1, t2] = [(40, 0), (100, 1), (2, 2)].map(|(rows, seed)| on.leaf([rows, width], seed));
        let rows = |count: i32, step: i32| -> Vec<i32> { (0..110).map(|token| token * step % count).collect() };
        let tables = || [(t0.clone(), rows(40, 7)), (t1.clone(), rows(100, 1)), (t2.clone(), rows(2, 0))];
        for number in 1..=3 {
            let looked = tables().into_iter().take(number);
            let places = looked.map(|(table, rows)| Places { rows, count: table.dims()[0], constant: Vec::new() });
            let lookup = Lookup::new(places.collect());
            let kernel = embed(tables().into_iter().take(number).map(|(table, _)| table).collect(), lookup);
            let select = |(table, rows): (Tensor<2>, Vec<i32>)| {
                table.select(0, Tensor::from_data(TensorData::new(rows, [110]), &on.device))
            };
            let plain = tables().into_iter().take(number).map(select).reduce(|sum, rows| sum + rows).expect("tables");
            let name = format!("embedding of {number} tables");
            match number {
                1 => same!(on, &name, [t0], kernel, plain),
                2 => same!(on, &name, [t0, t1], kernel, plain),
                _ => same!(on, &name, [t0, t1, t2], kernel, plain),
            }
        }
    }
}

/// Tokens that are constant give their rows no gradient.
fn constants_in_embeddings(on: &On) {
    let (table, kept) = (on.leaf([3, 4], 0), on.leaf([3, 4], 0));
    let places = Places { rows: vec![1, 1, 2], count: 3, constant: vec![false, true, false] };
    let kernel = embed(vec![table.clone()], Lookup::new(vec![places]));
    let weights = |rows: &[f32]| {
        let values = rows.iter().flat_map(|&row| [row; 4]).collect::<Vec<_>>();
        Tensor::<2>::from_data(TensorData::new(values, [3, 4]), &on.device)
    };
    let gradients = (kernel * weights(&[2.0, 3.0, 5.0])).sum().backward();
    let expected = (kept.clone() * weights(&[0.0, 2.0, 5.0])).sum().backward();
    on.close("constants", table.grad(&gradients).expect("one"), kept.grad(&expected).expect("one"));
}

fn gelus(on: &On) {
    for shape in [[3, 41, 5], [2, 6, 8]] {
        let x = on.leaf(shape, 0);
        let wide = || x.clone() * 6.0;
        same!(on, "gelu", [x], gelu(wide()), plain::gelu(wide()));
    }
}

fn masks(on: &On) {
    for shape in [[3, 41, 5], [2, 6, 8]] {
        let (x, ones) = (on.leaf(shape, 0), Tensor::<3>::ones(shape, &Device::flex()));
        let dropout = || Dropout::new(0.3, 7);
        // The CPU's mask is what a GPU must draw, too.
        let mask = Tensor::<3>::from_data(dropout().apply(ones).into_data(), &on.device);
        same!(on, "mask", [x], dropout().apply(x.clone()), x.clone() * mask);
    }
}

fn norms(on: &On) {
    for (rows, hidden) in [(1, 1), (3, 17), (70, 40), (33, 260)] {
        let (x, gamma, beta) = (on.leaf([2, rows, hidden], 0), on.leaf([hidden], 1), on.leaf([hidden], 2));
        let kernel = norm(x.clone(), gamma.clone(), beta.clone(), 1e-5);
        let plain = plain::norm(x.clone(), gamma.clone(), beta.clone(), 1e-5);
        same!(on, &format!("norm {rows} {hidden}"), [x, gamma, beta], kernel, plain);
    }
}

fn norms_after_dropout_and_a_residual(on: &On) {
    for hidden in [40, 39] {
        let shape = [2, 35, hidden];
        let (x, residual, gamma, beta) =
            (on.leaf(shape, 0), on.leaf(shape, 1), on.leaf([hidden], 2), on.leaf([hidden], 3));
        for dropout in dropouts() {
            // A clone draws the same mask again.
            let other = dropout.clone();
            let sum = other.apply(x.clone()) + residual.clone();
            let kernel = add_norm(x.clone(), residual.clone(), [gamma.clone(), beta.clone()], 1e-5, &dropout);
            let plain = plain::norm(sum, gamma.clone(), beta.clone(), 1e-5);
            same!(on, "add_norm", [x, residual, gamma, beta], kernel, plain);
        }
    }
}

fn attentions(on: &On) {
    let sizes = [
        (1, 1, 1, 1),
        (3, 9, 2, 5),
        (2, 33, 3, 32),
        (2, 8, 2, 64),
        (1, 70, 2, 64),
        (1, 40, 1, 20),
        (2, 36, 2, 32),
        (1, 132, 1, 16),
    ];
    for (rows, tokens, heads, width) in sizes {
        let hidden = heads * width;
        let qkv = on.leaf([rows, tokens, 3 * hidden], 0);
        let thirds = || [0, 1, 2].map(|part| qkv.clone().narrow(2, part * hidden, hidden));
        // The last keys of every row but the first are padding.
        let bias =
            (0..rows * tokens).map(|at| if at / tokens > 0 && at % tokens > tokens / 2 { f32::MIN } else { 0.0 });
        let bias = TensorData::new(bias.collect::<Vec<f32>>(), [rows, tokens]);
        let bias = Tensor::<2>::from_data(bias, &on.device);
        let wide = bias.clone().reshape([rows, 1, 1, tokens]);
        for dropout in dropouts() {
            let other = dropout.clone();
            let kernel = attention(qkv.clone(), bias.clone(), heads, &dropout);
            let name = format!("attention {rows} {tokens} {heads} {width}");
            same!(on, &name, [qkv], kernel, plain::attention(thirds(), wide.clone(), heads, &other));
        }
    }
}

/// The first token's attention without keys and values, against the same with them.
fn attentions_of_the_first_token(on: &On) {
    for (rows, tokens, heads, width) in [(1, 1, 1, 1), (3, 9, 2, 5), (2, 33, 3, 32), (5, 16, 12, 4)] {
        let hidden = heads * width;
        let x = on.leaf([rows, tokens, hidden], 0);
        let [wq, wk, wv] = [1, 2, 3].map(|seed| on.leaf([hidden, hidden], seed));
        // As large as a layer's own: sums of products of products would else outgrow what is compared.
        let weight = |w: &Tensor<2>| w.clone() * (hidden as f64).sqrt().recip();
        let [bq, bk, bv] = [4, 5, 6].map(|seed| on.leaf([hidden], seed));
        let bias = (0..rows * tokens).map(|at| if at % tokens > tokens / 2 { f32::MIN } else { 0.0 });
        let bias = TensorData::new(bias.collect::<Vec<f32>>(), [rows, tokens]);
        let bias = Tensor::<2>::from_data(bias, &on.device);
        let query = || linear(x.clone().narrow(1, 0, 1), weight(&wq), bq.clone());
        for dropout in dropouts() {
            let found = || {
                let keys_and_values = [(weight(&wk), bk.clone()), (weight(&wv), bv.clone())];
                first_attention(query(), x.clone(), keys_and_values, bias.clone(), heads, &dropout.clone())
            };
            let split = |x: Tensor<3>, tokens| x.reshape([rows, tokens, heads, width]).swap_dims(1, 2);
            let [key, value] =
                [(&wk, &bk), (&wv, &bv)].map(|(w, b)| split(plain::linear(x.clone(), weight(w), b.clone()), tokens));
            let scores = split(query(), 1).matmul(key.swap_dims(2, 3)) * (width as f64).sqrt().recip();
            let weights = activation::softmax(scores + bias.clone().reshape([rows, 1, 1, tokens]), 3);
            let mixed = dropout.clone().apply(weights).matmul(value).swap_dims(1, 2).reshape([rows, 1, hidden]);
            let name = format!("first attention {rows} {tokens} {heads} {width}");
            // What the keys' bias adds is the same for all keys, so that its gradient is zero but for rounding.
            let gradient = bk.grad(&on.weigh(found()).backward()).expect("a gradient");
            assert!(gradient.abs().max().into_scalar::<f32>() < 1e-5, "{name}: gradient of bk");
            same!(on, &name, [x, wq, wk, wv, bq, bv], found(), mixed);
        }
    }
}

/// What needs no gradient gets none, and what does still has it right.
fn constants_among_the_inputs(on: &On) {
    let constant = |tensor: Tensor<2>| Tensor::from_inner(tensor.inner());
    let (x, w) = (constant(on.leaf([4, 6], 0)), on.leaf([6, 3], 1));
    let b = Tensor::from_inner(on.leaf([3], 2).inner());
    same!(
        on,
        "linear of a constant",
        [w],
        linear(x.clone(), w.clone(), b.clone()),
        plain::linear(x.clone(), w.clone(), b.clone())
    );
    let gradients = on.weigh(linear(x.clone(), w.clone(), b)).backward();
    assert!(x.grad(&gradients).is_none());
}

mod losses;
mod tied;

/// What a test is called, and the test.
type Named = (&'static str, fn(&On));

/// All of the above, by name.
const TESTS: [Named; 15] = [
    ("dense layers", dense_layers),
    ("layers side by side", layers_side_by_side),
    ("feed-forward blocks", feed_forwards),
    ("embeddings", embeddings),
    ("constants in embeddings", constants_in_embeddings),
    ("GELU", gelus),
    ("masks", masks),
    ("LayerNorm", norms),
    ("LayerNorm after dropout and a residual", norms_after_dropout_and_a_residual),
    ("attention", attentions),
    ("attention of the first token", attentions_of_the_first_token),
    ("constants among the inputs", constants_among_the_inputs),
    ("cross-entropies", losses::cross_entropies),
    ("layers that are tied to a table", tied::layers),
    ("layers that are tied to the table of their words", tied::layers_over_words_that_were_looked_up),
];

#[test]
fn kernels_on_the_cpu_equal_the_plain_expressions() {
    TESTS.iter().for_each(|(_, test)| test(&On::cpu()));
}

#[cfg(feature = "gpu")]
mod on_a_gpu {
    use burn::tensor::{Tensor, TensorData};

    use super::{On, TESTS, linear};
    use crate::kernel::gpu::adapter::set_software;
    use crate::kernel::gpu::product::forced;
    use crate::kernel::halves::in_halves;
    use crate::kernel::{LateTable, Progress, RowGradient, Update};
    use crate::{Compute, DeviceKind};

    /// With the kernels for hardware and with those for emulated adapters, whichever it is.
    #[test]
    fn kernels_on_a_gpu_equal_the_plain_expressions() {
        if std::env::var_os("TABTUNE_TEST_GPU").is_none_or(|value| value != "1") {
            eprintln!("Kernels: skipped on the GPU. Set TABTUNE_TEST_GPU=1 to run them there, too.");
            return;
        }
        let compute = futures_lite::future::block_on(Compute::open(DeviceKind::Gpu)).expect("a GPU");
        // Some functions of WGSL may be off by a few units in the last place.
        let on = On { device: compute.device.autodiff(), within: 1e-5 };
        for software in [false, true] {
            set_software(software);
            for (name, test) in TESTS {
                eprintln!("{name}, {}", if software { "for emulated adapters" } else { "for hardware" });
                test(&on);
            }
        }
        set_software(false);
        for width in [24, 23] {
            late_rows(&on, width);
        }
        forced::with_each(|tile| {
            for (name, test) in TESTS {
                eprintln!("{name}, {tile:?}");
                test(&on);
            }
        });
        if compute.halves {
            products_in_halves(&On { within: 4e-3, ..on });
        }
    }

    /// A table of which steps have gradients for few rows, over more steps than rows may be late by, beside the same in host
    /// memory.
    fn late_rows(on: &On, width: usize) {
        const HEIGHT: usize = 9;
        let values = |tensor: Tensor<2>| tensor.into_data().try_into_vec::<f32>().expect("f32");
        let table = on.leaf([HEIGHT, width], 0).inner();
        let mut host = [values(table.clone()), vec![0.0; HEIGHT * width], vec![0.0; HEIGHT * width]];
        let (mut late, mut progress) = (LateTable::new(&table), Progress::new(vec![false; HEIGHT]));
        let device = table.device();
        // The norm, and what gradients are multiplied by.
        let norm = Tensor::from_data(TensorData::new(vec![0.0_f32, 0.5], [2]), &device);
        for step in 0..300 {
            let ids: &[usize] = if step % 100 == 7 { &[1, 4, 8] } else { &[4] };
            let gradient = on.leaf([ids.len(), width], step).inner();
            let step = 1 + step as i32;
            let update =
                Update { learning_rate: 0.01, weight_decay: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step };
            late.step(ids, &gradient, &norm, &update);
            let gradient = RowGradient { ids, values: &values(gradient) };
            progress.step(&update, gradient, 0.5, host.each_mut().map(Vec::as_mut_slice));
        }
        late.catch_up(None);
        progress.catch_up(None, host.each_mut().map(Vec::as_mut_slice));
        let [first, second] = late.moments();
        for (name, found, expected) in
            [("table", table, &host[0]), ("first", first, &host[1]), ("second", second, &host[2])]
        {
            let expected = TensorData::new(expected.clone(), [HEIGHT, width]);
            on.close(&format!("late rows, {name}"), found, Tensor::from_data(expected, &device));
        }
        assert_eq!((late.touched(), progress.touched()), (vec![1, 4, 8], vec![1, 4, 8]));
    }

    /// Halves are 5e-4 apart, and sums over a slice of the depth are halves, too.
    fn products_in_halves(on: &On) {
        let products = TESTS.iter().filter(|(name, _)| ["dense layers", "layers side by side"].contains(name));
        for (name, test) in products {
            forced::with_each(|tile| {
                eprintln!("{name} in half precision, {tile:?}");
                in_halves(true, || test(on));
            });
        }
        // Or all of the above would hold where nothing is in half precision.
        let product = || linear(on.leaf([2, 70, 33], 0), on.leaf([33, 50], 1), on.leaf([50], 2)).into_data();
        forced::with_each(|tile| {
            assert_eq!(in_halves(true, product) != product(), !tile.direct, "{tile:?}");
        });
    }
}
