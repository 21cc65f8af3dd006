//! The one table of kernels, and which of them this process runs.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::sync::OnceLock;

use super::codes::{self, Codes, Group, Line, Planes as CodePlanes, Terms};
use super::convolution::{self, Layer, Pair, RowFn};
use super::dot::{self, Dot};
use super::error::KernelsError;
use super::lanes::{self, LaneWork};
use super::level::Level;
use super::masked::{self, MaskedFn, Pattern, Planes};
use super::prefetch;
use super::slots::{self, Slots};
use super::vectors::{self, Work};

/// The kernels of one level. Only levels that this processor has can be obtained, so calling them
/// is safe.
#[derive(Clone, Copy)]
pub struct Kernels {
    level: Level,
    dot: Dot,
    masked: MaskedFn,
    codes: Codes,
    slots: Slots,
    convolution: RowFn,
}

impl Kernels {
    /// The kernels of `level`; `None` if this processor lacks it.
    pub fn at(level: Level) -> Option<Self> {
        level.is_available().then(|| Self::unchecked(level))
    }

    /// The one place where a table is filled; the caller knows that the level is available.
    fn unchecked(level: Level) -> Self {
        Self {
            level,
            dot: dot::at(level),
            masked: masked::at(level),
            codes: codes::at(level),
            slots: slots::at(level),
            convolution: convolution::at(level),
        }
    }

    /// Every level that this processor has, slowest first.
    pub fn all() -> impl Iterator<Item = Self> {
        Level::ALL.into_iter().filter_map(Self::at)
    }

    /// The kernels that this process uses: the fastest that the processor has, or those of the level that the
    /// environment variable `BIOMATCH_KERNELS` names (`scalar`, `avx2`, `avxvnni`, `avx512`) if it is set and not
    /// empty. Chosen once a process: later changes of the variable are not seen.
    ///
    /// Opening a gallery or a database asks for this, so that a misspelt level is an error and not another level.
    ///
    /// # Errors
    /// The variable names no level, or one that this processor lacks; the same error at each call.
    pub fn from_environment() -> Result<&'static Self, KernelsError> {
        match &choice().refused {
            Some(error) => Err(error.clone()),
            None => Ok(&choice().kernels),
        }
    }

    /// The kernels that this process uses, as [`Kernels::from_environment`] says; where that is an error, the
    /// fastest that the processor has. Results do not depend on the level.
    pub fn active() -> &'static Self {
        &choice().kernels
    }

    /// The kernels that a value of the variable asks for.
    fn asked_for(value: &OsStr) -> Result<Self, KernelsError> {
        let possible = || Level::ALL.into_iter().filter(|level| level.is_available()).collect();
        let Some(level) = Level::ALL.into_iter().find(|level| value == level.name()) else {
            let given = value.to_string_lossy().into_owned();
            return Err(KernelsError::UnknownLevel { given, possible: possible() });
        };
        Self::at(level).ok_or_else(|| KernelsError::LevelNotAvailable { given: level, possible: possible() })
    }

    fn fastest() -> Self {
        Self::all().last().unwrap_or_else(|| Self::unchecked(Level::Scalar))
    }

    /// Which level these are.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The canonical inner product of two vectors, the same bits at every level. Lane `l` of 32 sums
    /// `a[32i + l] * b[32i + l]` for ascending `i`, each product and each sum rounded on its own; the
    /// lanes are added in halves, `l` and `l + 16` first, then 8, 4, 2, 1 apart.
    ///
    /// # Panics
    /// If the lengths differ or are not a multiple of [`Kernels::DOT_LANES`].
    pub fn dot(&self, a: &[f32], b: &[f32]) -> f32 {
        assert!(
            a.len() == b.len() && a.len().is_multiple_of(Self::DOT_LANES),
            "padded vectors of one length"
        );
        (self.dot.pair)(a, b)
    }

    /// [`Kernels::dot`] of one probe with each of `out.len()` consecutive rows, to the same bits. Made
    /// for scans: it prefetches, and runs at the speed of memory.
    ///
    /// # Panics
    /// If the probe's length is not a multiple of [`Kernels::DOT_LANES`] or `rows` is not
    /// `out.len()` times as long.
    pub fn dot_rows(&self, probe: &[f32], rows: &[f32], out: &mut [f32]) {
        assert!(probe.len().is_multiple_of(Self::DOT_LANES), "padded vectors of one length");
        assert!(probe.len().checked_mul(out.len()) == Some(rows.len()), "one row for each product");
        (self.dot.rows)(probe, rows, out);
    }

    /// [`Kernels::dot`] of each of several probes with each of several rows, all of `length` numbers,
    /// to the same bits. `out` takes all products of the first probe, then those of the second, and
    /// so on. Each four probes read every row once: give it blocks of rows that fit in the second
    /// cache (64 rows of 512 numbers are 128 KiB) and as many probes as there are.
    ///
    /// # Panics
    /// If `length` is not a multiple of [`Kernels::DOT_LANES`], or `probes` or `rows` not a multiple
    /// of `length`, or `out` not one product for each probe and row.
    pub fn dot_tile(&self, length: usize, probes: &[f32], rows: &[f32], out: &mut [f32]) {
        assert!(
            length.is_multiple_of(Self::DOT_LANES)
                && probes.len().is_multiple_of(length)
                && rows.len().is_multiple_of(length),
            "padded vectors of one length"
        );
        if length == 0 {
            return out.fill(0.0);
        }
        assert!(
            (probes.len() / length).checked_mul(rows.len() / length) == Some(out.len()),
            "one product for each probe and row"
        );
        (self.dot.tile)(length, probes, rows, out);
    }

    /// The similarity of every pattern with every lane of every block of planes:
    /// `out[(p * planes.len() + q) * 8 + lane]`, each `0.0..=1.0`. See [`mod@super::masked`].
    ///
    /// # Panics
    /// If `out` does not have `patterns.len() * planes.len() * 8` places.
    pub fn masked_similarities(
        &self,
        patterns: &[Pattern],
        planes: &[Planes],
        least_common: u32,
        out: &mut [f32],
    ) {
        assert!(
            out.len() == patterns.len() * planes.len() * masked::LANES,
            "one place for each pattern and lane"
        );
        (self.masked)(patterns, planes, least_common, out);
    }

    /// The exact integer inner product of each probe with each lane of each block:
    /// `out[probe * blocks + block][lane]`. See [`mod@super::codes`] for the layout.
    ///
    /// # Panics
    /// As [`Kernels::code_candidates`].
    pub fn code_sums(
        &self,
        codes: &[Group],
        terms: &[Terms],
        lines: &[Line],
        out: &mut [[i32; codes::LANES]],
    ) {
        if check_codes(codes, terms, lines, out.len()) {
            (self.codes.sums)(codes, terms, lines, out);
        }
    }

    /// Which lanes of each block are candidates for each probe: bit `lane` of
    /// `out[probe * blocks + block]`. See [`mod@super::codes`] for the layout and the bound. One probe
    /// streams at the speed of memory; of several, give it blocks by the dozen.
    ///
    /// # Panics
    /// If `codes` is not a multiple of `terms`, `lines` not a multiple of a block's, or `out` not one
    /// place for each probe and block. Codes of probes have at most 16,384 dimensions.
    pub fn code_candidates(&self, codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
        if check_codes(codes, terms, lines, out.len()) {
            (self.codes.candidates)(codes, terms, lines, out);
        }
    }

    /// For [`slots::SlotProbe`].
    pub(super) fn slots(&self) -> Slots {
        self.slots
    }

    /// Puts whole blocks of planes together.
    ///
    /// # Panics
    /// If `lines` does not have the lines of these blocks.
    pub fn join_codes(&self, planes: CodePlanes<'_>, lines: &mut [Line]) {
        let whole = planes.blocks().checked_mul(codes::HEAD + planes.groups());
        assert!(whole == Some(lines.len()), "one place for each line");
        (self.codes.join)(planes, lines);
    }

    /// [`Kernels::code_candidates`] of one probe, from planes, at the speed of memory.
    ///
    /// # Panics
    /// If `codes` are not as many groups as the vectors have, or `out` not one place for each block.
    pub fn plane_candidates(&self, codes: &[Group], terms: &Terms, planes: CodePlanes<'_>, out: &mut [u16]) {
        check_planes(codes, planes, out.len());
        (self.codes.planes)(codes, terms, planes, out);
    }

    /// Candidates of one probe by the high plane alone; see [`mod@super::codes`]. The terms are those of
    /// such a scan.
    ///
    /// # Panics
    /// As [`Kernels::plane_candidates`].
    pub fn high_candidates(&self, codes: &[Group], terms: &Terms, planes: CodePlanes<'_>, out: &mut [u16]) {
        check_planes(codes, planes, out.len());
        (self.codes.high)(codes, terms, planes.high(), out);
    }

    /// One row of a layer of a network, see [`mod@super::convolution`]: the rows under its windows (each begins at
    /// the first window), what is added of an earlier layer (nothing if empty), and the values of each pixel.
    ///
    /// # Panics
    /// If the weights are not those of the layer, `out` is not whole pixels, `added` is neither empty nor as long
    /// as `out`, or a row ends before the last window.
    pub fn convolve_row(&self, layer: &Layer, rows: &[&[Pair]], added: &[i16], out: &mut [i16]) {
        convolution::check(layer, rows, added, out);
        (self.convolution)(layer, rows, added, out);
    }

    /// Asks memory for items that will be read soon. A hint: nothing else happens, and at the scalar level
    /// nothing at all.
    #[inline]
    pub fn prefetch<T: bytemuck::NoUninit>(&self, items: &[T]) {
        prefetch::prefetch(self.level, bytemuck::cast_slice(items));
    }

    /// Does plain work, compiled for this level: to the same bits at every level. With AVX-512 in vectors of
    /// 512 bits unless the work [is narrow](Work::IS_NARROW).
    #[inline]
    pub fn run<W: Work>(&self, work: W) -> W::Output {
        vectors::run(self.level, work)
    }

    /// Does work over lanes, compiled for this level: to the same bits at every level.
    #[inline]
    pub fn run_lanes<W: LaneWork>(&self, work: W) -> W::Output {
        lanes::run(self.level, work)
    }

    /// Vectors are padded with zeros to a multiple of this many numbers.
    pub const DOT_LANES: usize = dot::LANES;
}

/// What a process has chosen.
struct Choice {
    kernels: Kernels,
    /// Why these are not the kernels that were asked for.
    refused: Option<KernelsError>,
}

fn choice() -> &'static Choice {
    static CHOICE: OnceLock<Choice> = OnceLock::new();
    CHOICE.get_or_init(|| {
        let asked = env::var_os("BIOMATCH_KERNELS").filter(|value| !value.is_empty());
        match asked.map_or_else(|| Ok(Kernels::fastest()), |value| Kernels::asked_for(&value)) {
            Ok(kernels) => Choice { kernels, refused: None },
            Err(error) => Choice { kernels: Kernels::fastest(), refused: Some(error) },
        }
    })
}

impl fmt::Debug for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernels({})", self.level)
    }
}

/// Checks the lengths that kernels of planes rely on.
fn check_planes(codes: &[Group], planes: CodePlanes<'_>, places: usize) {
    // A sum stays below 2 * 4 * 4096 * 127 * 128 in magnitude, which 32 bits hold.
    assert!(codes.len() == planes.groups() && codes.len() <= 4096, "a probe as long as the vectors");
    assert!(planes.blocks() == places, "one place for each block");
}

/// Checks the lengths that the code kernels rely on; `false` if there is nothing to do.
fn check_codes(codes: &[Group], terms: &[Terms], lines: &[Line], places: usize) -> bool {
    if terms.is_empty() {
        assert!(codes.is_empty() && places == 0, "one place for each probe and block");
        return false;
    }
    let groups = codes.len() / terms.len();
    // A sum stays below 4 * 4096 * 128 * 255 in magnitude, which 32 bits hold.
    assert!(
        groups > 0
            && groups <= 4096
            && codes.len().is_multiple_of(terms.len())
            && lines.len().is_multiple_of(codes::HEAD + groups),
        "whole probes and whole blocks"
    );
    let blocks = lines.len() / (codes::HEAD + groups);
    assert!(terms.len().checked_mul(blocks) == Some(places), "one place for each probe and block");
    blocks > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_variable_is_a_level_or_an_error() {
        for level in Level::ALL {
            let asked = Kernels::asked_for(level.name().as_ref());
            if level.is_available() {
                assert_eq!(asked.unwrap().level(), level);
            } else {
                let error = asked.unwrap_err();
                assert!(matches!(error, KernelsError::LevelNotAvailable { given, .. } if given == level));
                assert!(error.to_string().contains("it has scalar"), "{error}");
            }
        }
        for value in ["AVX2", "avx-512", "avx2 ", "sclar", "\u{1b}[2J"] {
            let error = Kernels::asked_for(value.as_ref()).unwrap_err();
            let KernelsError::UnknownLevel { given, possible } = &error else { panic!("{error}") };
            assert_eq!(given, value);
            assert_eq!(possible[0], Level::Scalar);
            assert!(!error.to_string().contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn this_process_has_what_its_environment_says() {
        match env::var("BIOMATCH_KERNELS") {
            Ok(asked) if !asked.is_empty() => {
                assert_eq!(Kernels::from_environment().unwrap().level().name(), asked);
            }
            _ => assert_eq!(Kernels::active().level(), Kernels::fastest().level()),
        }
    }
}
