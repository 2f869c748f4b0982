// The functions of src/kernel/host/math.rs, for devices.

// The standard normal distribution at x: its density and its cumulative share.
fn normal(x: f32) -> vec2f {
    let size = abs(x);
    let density = 0.3989423 * exp(-0.5 * (size * size));
    // The Mills ratio; coefficients from tests/reference/mills.py.
    let t = 1.0 / (1.0 + 0.26 * size);
    let high = 0.4034416 + t * (-0.37838084 + t * (0.6304025 + t * (-0.38308877 + t * 0.07646521)));
    let tail = density * t * (0.2600854 + t * (0.25822464 + t * (0.25825903 + t * (0.12790537 + t * high))));
    return vec2f(density, select(1.0 - tail, tail, x < 0.0));
}

fn gelu(x: f32) -> f32 {
    return x * normal(x).y;
}

fn gelu_slope(x: f32) -> f32 {
    let n = normal(x);
    return n.y + x * n.x;
}

// Value and slope.
fn gelu_both(x: f32) -> vec2f {
    let n = normal(x);
    return vec2f(x * n.y, n.y + x * n.x);
}
