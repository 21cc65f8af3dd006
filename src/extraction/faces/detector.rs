//! YuNet, the network that finds faces.

use super::canvas::Canvas;
use super::decoding::{self, Candidate, Grid};
use super::points::{FaceArea, FacePoints, FoundFace};
use super::quantities::{DetectionScore, PixelLength};
use crate::extraction::onnx::{OnnxFile, OnnxNetwork};
use crate::extraction::{ExtractionError, ModelError};
use crate::picture::Portrait;

/// Least score of a face.
const LEAST_SCORE: f32 = 0.6;
/// Pixels on the longer side at the first look, and where that finds nothing, at the second.
const LOOKS: [u32; 2] = [320, 640];
/// Pixels on a side of a grid's cells, and the names of its outputs.
const GRIDS: [(u16, [&str; 4]); 3] = [
    (8, ["cls_8", "obj_8", "bbox_8", "kps_8"]),
    (16, ["cls_16", "obj_16", "bbox_16", "kps_16"]),
    (32, ["cls_32", "obj_32", "bbox_32", "kps_32"]),
];
/// Numbers that each of them has per cell.
const WIDTHS: [usize; 4] = [1, 1, 4, 10];

pub(super) struct Detector {
    network: OnnxNetwork,
}

impl Detector {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut file = OnnxFile::read(bytes)?;
        file.simplify()?;
        file.set_input_shape("input", &[Some(1), Some(3), None, None])?;
        let outputs: Vec<&str> = GRIDS.iter().flat_map(|(_, outputs)| *outputs).collect();
        Ok(Self { network: file.into_network("input", &outputs)? })
    }

    /// All faces, the largest first; of equals the surest.
    pub(super) fn find(&self, portrait: &Portrait) -> Result<Vec<FoundFace>, ExtractionError> {
        let longer = portrait.width().max(portrait.height());
        for most in LOOKS {
            let mut faces = self.look(&Canvas::new(portrait, most))?;
            if !faces.is_empty() || longer <= most {
                faces.sort_by(|a, b| b.area.pixels().total_cmp(&a.area.pixels()));
                return Ok(faces);
            }
        }
        Ok(Vec::new())
    }

    fn look(&self, canvas: &Canvas) -> Result<Vec<FoundFace>, ExtractionError> {
        let outputs = self.network.run(&[1, 3, canvas.height, canvas.width], &canvas.planes)?;
        let (outputs, _) = outputs.as_chunks::<4>();
        let mut grids = Vec::with_capacity(GRIDS.len());
        for ((cell, names), outputs) in GRIDS.into_iter().zip(outputs) {
            grids.push(grid(canvas, cell, names, outputs)?);
        }
        let found = |candidate: &Candidate| {
            let [width, height] = canvas.size_in_portrait(candidate.size).map(PixelLength::nearest);
            FoundFace {
                area: FaceArea { corner: canvas.in_portrait(candidate.corner), width, height },
                points: FacePoints::of(candidate.points.map(|point| canvas.in_portrait(point))),
                score: DetectionScore::nearest(candidate.score.into()),
            }
        };
        Ok(decoding::faces(&grids, LEAST_SCORE).iter().map(found).collect())
    }
}

/// The outputs at one grid, as many as it has cells.
fn grid<'a>(
    canvas: &Canvas,
    cell: u16,
    names: [&str; 4],
    outputs: &'a [Vec<f32>; 4],
) -> Result<Grid<'a>, ExtractionError> {
    let columns = canvas.width / usize::from(cell);
    let cells = columns * (canvas.height / usize::from(cell));
    for ((name, width), output) in names.iter().zip(WIDTHS).zip(outputs) {
        if output.len() != cells * width {
            let found = output.len();
            let problem =
                format!("output {name} has {found} numbers, expected {width} for each of {cells} cells");
            return Err(ExtractionError::Network { problem });
        }
    }
    let [class, object, area, points] = outputs.each_ref().map(|output| output.as_slice());
    Ok(Grid { cell, columns, class, object, area, points })
}
