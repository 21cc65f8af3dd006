use super::*;
use crate::kernels::Kernels;
use proptest::prelude::*;

/// Every operation, on the bits of some numbers.
struct All<'a> {
    floats: [&'a [f32; LANES]; 2],
    integers: [&'a [i32; LANES]; 2],
    one: f32,
}

impl LaneWork for All<'_> {
    type Output = Vec<i32>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<i32> {
        let [a, b] = self.floats.map(|values| lanes.floats(values));
        let [i, j] = self.integers.map(|values| lanes.integers(values));
        let one = lanes.splat(self.one);
        let masks = [
            lanes.is_less(a, b),
            lanes.is_at_most(a, b),
            lanes.is_less(a, one) & lanes.is_at_most(b, one),
            lanes.is_less_integer(i, j),
            lanes.is_equal(i, j),
        ];
        let floats = [
            a + b,
            a - b,
            a * b,
            lanes.root(a),
            lanes.absolute(a),
            lanes.greater(a, b),
            lanes.select(masks[0], a, b),
            one,
        ];
        let integers = [
            i & j,
            i | j,
            lanes.greater_integer(i, j),
            lanes.splat_integer(self.one as i32),
            lanes.join(masks[3], i, j),
            lanes.replace(i, self.one as usize, 77),
            lanes.replace(j, 15, -5),
        ];
        let mut out = vec![lanes.greatest(i), lanes.greatest(j)];
        for value in floats.into_iter().map(|value| lanes.bits(value)).chain(integers) {
            let mut stored = [0; LANES];
            lanes.store(value, &mut stored);
            out.extend(stored);
        }
        out.extend(lanes.gather(self.floats[1], j).map(|value| value.to_bits().cast_signed()));
        for mask in masks {
            let mut listed = [0; LANES];
            let count = lanes.list(mask, i, &mut listed);
            out.extend(&listed[..count]);
            out.push(i32::from(lanes.ones(mask)));
        }
        out
    }
}

/// Numbers of which many are equal, and some are none. What operations make of no number is left to the
/// processor, so it stands only in the second of two, which no operation but a comparison looks at.
fn float() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0_f32), Just(-0.0), Just(1.5), -9.0_f32..9.0]
}

fn integer() -> impl Strategy<Value = i32> {
    prop_oneof![-2..3_i32, any::<i32>()]
}

proptest! {
    #[test]
    fn every_level_returns_the_same_bits(
        a in prop::array::uniform16(float()),
        b in prop::array::uniform16(float()),
        i in prop::array::uniform16(integer()),
        j in prop::array::uniform16(integer()),
        one in float(),
    ) {
        // The root of a negative number has a sign that processors choose.
        let a = a.map(f32::abs);
        let all = || All { floats: [&a, &b], integers: [&i, &j], one };
        let expected = all().run(Scalar);
        for kernels in Kernels::all() {
            prop_assert_eq!(kernels.run_lanes(all()), expected.clone(), "{:?}", kernels);
        }
    }
}

#[test]
fn known_answers() {
    let lanes = Scalar;
    let count: [i32; LANES] = std::array::from_fn(|lane| lane as i32);
    let odd = lanes.is_equal(lanes.integers(&count) & lanes.splat_integer(1), lanes.splat_integer(1));
    assert_eq!(lanes.ones(odd), 0b1010_1010_1010_1010);
    let mut listed = [0; LANES];
    assert_eq!(lanes.list(odd, lanes.integers(&count), &mut listed), 8);
    assert_eq!(listed[..8], [1, 3, 5, 7, 9, 11, 13, 15]);
    assert_eq!(lanes.greatest(lanes.integers(&count)), 15);
    let none = lanes.splat(f32::NAN);
    assert_eq!(lanes.ones(lanes.is_at_most(none, none)), 0);
    let all = lanes.is_equal(lanes.integers(&count), lanes.integers(&count));
    assert_eq!(lanes.list(all, lanes.integers(&count), &mut listed), 16);
    assert_eq!(listed, count);
}
