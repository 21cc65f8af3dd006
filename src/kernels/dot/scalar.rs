//! The definition.

use super::{Dot, LANES};

pub(super) const DOT: Dot = Dot { pair, rows, tile };

pub(super) fn pair(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            lanes[l] += lanes[l + half];
        }
        half /= 2;
    }
    lanes[0]
}

fn rows(probe: &[f32], rows: &[f32], out: &mut [f32]) {
    for (r, out) in out.iter_mut().enumerate() {
        *out = pair(probe, &rows[r * probe.len()..(r + 1) * probe.len()]);
    }
}

fn tile(length: usize, probes: &[f32], matrix: &[f32], out: &mut [f32]) {
    let n = matrix.len() / length;
    for (p, probe) in probes.chunks_exact(length).enumerate() {
        rows(probe, matrix, &mut out[p * n..(p + 1) * n]);
    }
}
