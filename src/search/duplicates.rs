//! All faces of a model against each other: citizens who may be enrolled twice.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::error::SearchError;
use super::face_rows::lanes;
use crate::face::{CODE_PIECE, CodedProbes, FaceCodes, FaceProbe, code_rows};
use crate::gallery::{FaceBlock, GalleryError, Generation, ReferenceId, Snapshot};
use crate::kernels::Kernels;
use crate::kernels::codes::{HEAD, LANES, Line, Terms};
use crate::subject::SubjectId;
use crate::template::{FaceTemplate, ModelId};
use crate::units::Score;

/// Code blocks whose rows are the probes of a step: 512 rows, whose codes fit the L2 cache.
const STEP: usize = 32;

/// Pieces of a sample.
const SAMPLE: usize = 16;

/// Every pair of live faces of a model, of two citizens, that scores enough; in steps, so that a long run can
/// report progress, stop and resume.
///
/// Exact: a pair is found if and only if its canonical score is at least the least score. All steps
/// together compare each pair once: about N^2 / 2 comparisons for N faces.
pub struct DuplicateSearch<'a> {
    blocks: Vec<Coded<'a>>,
    steps: Vec<Step>,
    least: Score,
    generation: Generation,
}

/// A block and its codes; those of rows that have none yet are made at the start.
struct Coded<'a> {
    block: &'a FaceBlock,
    lines: Cow<'a, [Line]>,
    count: usize,
}

/// Probes: a run of code blocks of one block.
struct Step {
    block: usize,
    probes: Range<usize>,
}

/// A face of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnrolledFace {
    /// Which reference.
    pub reference: ReferenceId,
    /// The citizen under whom it is enrolled.
    pub citizen: SubjectId,
}

/// Two faces of two citizens that look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The one with the smaller reference number.
    pub first: EnrolledFace,
    /// The other.
    pub second: EnrolledFace,
    /// How similar they are.
    pub score: Score,
}

/// What a step found. The bytes of both faces were checked against their checksums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepFound {
    /// The pairs, ascending by references.
    pub pairs: Vec<Duplicate>,
    /// References that could not be compared because their bytes are damaged, ascending.
    pub damaged: Vec<ReferenceId>,
}

impl<'a> DuplicateSearch<'a> {
    /// Prepares a search for pairs that score `least` or more.
    ///
    /// # Errors
    /// The gallery has no face of this model, or its blocks are of several dimensions.
    pub fn new(snapshot: &'a Snapshot, model: &ModelId, least: Score) -> Result<Self, SearchError> {
        let blocks = snapshot.face_blocks(model);
        let Some(first) = blocks.first() else {
            let gallery = snapshot.models().map(|(model, _)| model.clone()).collect();
            return Err(SearchError::Model { probe: model.clone(), gallery });
        };
        let any = FaceTemplate::new(model.clone(), &vec![1.0; first.dimension()]);
        if let Ok(probe) = any.map(|any| FaceProbe::new(&any)) {
            blocks.iter().try_for_each(|block| probe.check(model, block.dimension()))?;
        }
        let blocks = blocks.iter().map(Coded::new).collect::<Result<Vec<_>, _>>()?;
        let steps = blocks.iter().enumerate().flat_map(|(block, coded)| {
            let starts = (0..coded.count).step_by(STEP);
            starts.map(move |start| Step { block, probes: start..coded.count.min(start + STEP) })
        });
        let steps = steps.collect();
        Ok(Self { blocks, steps, least, generation: snapshot.generation() })
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// How many pairs a step compares, about: deleted rows are counted.
    pub fn comparisons(&self, step: usize) -> u64 {
        let Some(step) = self.steps.get(step) else { return 0 };
        let probes = (step.probes.len() * LANES) as u64;
        let after: usize = self.blocks.iter().skip(step.block).map(|coded| coded.count).sum();
        let after = ((after - step.probes.end) * LANES) as u64;
        probes * after + probes * probes / 2
    }

    /// A digest of what the search covers: equal for the same committed state in the same blocks. Results of
    /// steps can be combined if their searches have the same shape.
    pub fn shape(&self) -> u64 {
        let mut crc = crc32fast::Hasher::new();
        for coded in &self.blocks {
            crc.update(&(coded.block.len() as u64).to_le_bytes());
            crc.update(bytemuck::cast_slice(coded.block.metas()));
        }
        self.generation.value() << 32 | u64::from(crc.finalize())
    }

    /// Compares a part of the first step, and returns the number of pairs: time it to estimate the whole
    /// search.
    pub fn sample(&self) -> u64 {
        let Some(step) = self.steps.first() else { return 0 };
        let probes = Probes::new(self, step);
        let pieces: Vec<_> = self.pieces(step).take(SAMPLE).collect();
        let _ = self.compare(&probes, &pieces);
        let rows: usize = pieces.iter().map(|(_, blocks)| blocks.len() * LANES).sum();
        (rows * probes.rows.len()) as u64
    }

    /// Runs a step on the current rayon pool; a step that does not exist finds nothing.
    pub fn run(&self, step: usize) -> StepFound {
        let Some(step) = self.steps.get(step) else { return StepFound::default() };
        let pieces: Vec<_> = self.pieces(step).collect();
        let mut found = self.compare(&Probes::new(self, step), &pieces);
        found.pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
        found.damaged.sort_unstable();
        found.damaged.dedup();
        found
    }

    /// What a step's probes are compared with: their own code blocks and all later ones.
    fn pieces(&self, step: &Step) -> impl Iterator<Item = (usize, Range<usize>)> {
        let (own, first) = (step.block, step.probes.start);
        self.blocks.iter().enumerate().skip(own).flat_map(move |(block, coded)| {
            let from = if block == own { first } else { 0 };
            let pieces = from / CODE_PIECE..coded.count.div_ceil(CODE_PIECE);
            pieces.map(move |piece| {
                let start = piece * CODE_PIECE;
                (block, start.max(from)..coded.count.min(start + CODE_PIECE))
            })
        })
    }

    fn compare(&self, probes: &Probes<'_>, pieces: &[(usize, Range<usize>)]) -> StepFound {
        let found = pieces.par_iter().map(|(block, blocks)| self.compare_piece(probes, *block, blocks));
        found.reduce(StepFound::default, |mut a, mut b| {
            a.pairs.append(&mut b.pairs);
            a.damaged.append(&mut b.damaged);
            a
        })
    }

    fn compare_piece(&self, probes: &Probes<'_>, block: usize, blocks: &Range<usize>) -> StepFound {
        let mut found = StepFound::default();
        let Some(coded) = self.blocks.get(block) else { return found };
        let codes = FaceCodes::new(&coded.lines, coded.block.dimension(), coded.block.len());
        let planes = codes.and_then(|codes| codes.planes(blocks.start, blocks.len()));
        let Some(planes) = planes.filter(|_| !probes.rows.is_empty()) else { return found };
        let mut lines = vec![[0; 64]; planes.blocks() * (HEAD + planes.groups())];
        Kernels::active().join_codes(planes, &mut lines);
        let mut masks = vec![0; probes.rows.len() * blocks.len()];
        let codes = probes.coded.codes(0, probes.rows.len());
        Kernels::active().code_candidates(codes, &probes.terms, &lines, &mut masks);
        let live: Vec<u16> = blocks.clone().map(|at| coded.block.live_mask(at)).collect();
        for ((probe, &row), masks) in
            probes.probes.iter().zip(&probes.rows).zip(masks.chunks_exact(blocks.len()))
        {
            for ((at, mask), live) in blocks.clone().zip(masks).zip(&live) {
                for lane in lanes(mask & live) {
                    let other = at * LANES + lane;
                    // Of a step's own rows each pair comes twice: the later row is the other.
                    if block != probes.block || other > row {
                        self.compare_pair(probe, (probes.of, row), (coded.block, other), &mut found);
                    }
                }
            }
        }
        found
    }

    fn compare_pair(
        &self,
        probe: &FaceProbe,
        (block, row): (&FaceBlock, usize),
        (other_block, other): (&FaceBlock, usize),
        found: &mut StepFound,
    ) {
        let score = other_block.vector(other).map_or(Score::LOWEST, |vector| probe.compare(vector));
        if score < self.least && score != Score::LOWEST {
            return;
        }
        let (meta, other_meta) = (block.meta(row), other_block.meta(other));
        let mut sound = score != Score::LOWEST;
        for (block, row) in [(block, row), (other_block, other)] {
            if block.check(row).is_err() {
                found.damaged.push(block.meta(row).reference());
                sound = false;
            }
        }
        if let (true, Some(a), Some(b)) = (sound, meta.subject(), other_meta.subject())
            && a != b
        {
            let a = EnrolledFace { reference: meta.reference(), citizen: a };
            let b = EnrolledFace { reference: other_meta.reference(), citizen: b };
            found.pairs.push(Duplicate { first: a.min(b), second: a.max(b), score });
        }
    }
}

impl<'a> Coded<'a> {
    fn new(block: &'a FaceBlock) -> Result<Self, GalleryError> {
        let count = block.len().div_ceil(LANES);
        if let Some(codes) = block.codes() {
            return Ok(Self { block, lines: Cow::Borrowed(codes.lines()), count });
        }
        let rows = (0..block.len()).map(|row| block.vector(row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { block, lines: Cow::Owned(code_rows(&rows, block.dimension())), count })
    }
}

/// The live rows of a step as probes.
struct Probes<'a> {
    block: usize,
    of: &'a FaceBlock,
    rows: Vec<usize>,
    probes: Vec<FaceProbe>,
    coded: CodedProbes,
    terms: Vec<Terms>,
}

impl<'a> Probes<'a> {
    fn new(search: &'a DuplicateSearch<'_>, step: &Step) -> Self {
        let of = search.blocks[step.block].block;
        let rows = step.probes.start * LANES..of.len().min(step.probes.end * LANES);
        let live = rows.filter(|&row| of.is_live(row));
        let vectors = live.filter_map(|row| Some((row, of.vector(row).ok()?)));
        let (rows, vectors): (Vec<_>, Vec<_>) = vectors.unzip();
        let coded = CodedProbes::new(of.dimension(), vectors.iter().copied());
        let terms = (0..coded.len()).map(|probe| coded.terms(probe, search.least)).collect();
        let probes = vectors.iter().map(|row| FaceProbe::stored(of.model(), of.dimension(), row)).collect();
        Self { block: step.block, of, rows, probes, coded, terms }
    }
}
