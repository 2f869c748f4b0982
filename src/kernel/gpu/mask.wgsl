// The rule of src/kernel/dropout.rs: what a value at a place of an array is multiplied by.

struct Mask {
    low: u32,
    high: u32,
    threshold: u32,
    scale: f32,
}

fn mix(start: u32) -> u32 {
    var x = start;
    x = (x ^ (x >> 16u)) * 0x7feb352du;
    x = (x ^ (x >> 15u)) * 0x846ca68bu;
    return x ^ (x >> 16u);
}

fn factor(mask: Mask, place: u32) -> f32 {
    return select(mask.scale, 0.0, mix(mix(place ^ mask.low) + mask.high) < mask.threshold);
}
