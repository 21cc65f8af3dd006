//! References that are about to be staged, checked and made into columns.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::change::{AddedColumns, MOST_MINUTIAE, MOST_REFERENCES};
use super::error::GalleryError;
use super::reference::{NewReference, Sample};
use super::request_id::RequestId;
use crate::fingerprint::codes::CodeModel;
use crate::subject::SubjectId;
use crate::template::FaceTemplate;

/// One citizen's references, for [`super::Writer::add_all`].
#[derive(Clone, Debug, PartialEq)]
pub struct CitizenReferences {
    /// Who.
    pub citizen: SubjectId,
    /// What is enrolled of them.
    pub references: Vec<NewReference>,
    /// What names the request, if it may be repeated.
    pub request: Option<RequestId>,
}

impl CitizenReferences {
    /// References of a citizen, in a request that is made once.
    pub fn new(citizen: impl Into<SubjectId>, references: Vec<NewReference>) -> Self {
        Self { citizen: citizen.into(), references, request: None }
    }
}

/// References to be staged, with their columns.
pub(super) struct PreparedReferences<'a> {
    pub(super) references: &'a [NewReference],
    pub(super) columns: Vec<AddedColumns>,
    pub(super) request: Option<RequestId>,
}

/// Checks the limits of references and makes their columns.
pub(super) fn make_columns(
    references: &[NewReference],
    model: &CodeModel,
) -> Result<Vec<AddedColumns>, GalleryError> {
    if references.len() > MOST_REFERENCES {
        let (of, limit, found) = ("references at once", MOST_REFERENCES, references.len());
        return Err(GalleryError::TooMany { of, limit, found });
    }
    for new in references {
        if let Sample::Finger(template) = &new.sample
            && template.minutiae.len() > MOST_MINUTIAE
        {
            let (of, limit, found) = ("minutiae", MOST_MINUTIAE, template.minutiae.len());
            return Err(GalleryError::TooMany { of, limit, found });
        }
    }
    match references {
        [] => Ok(Vec::new()),
        [one] => Ok(vec![AddedColumns::new(&one.sample, model)]),
        many => Ok(many.par_iter().map(|new| AddedColumns::new(&new.sample, model)).collect()),
    }
}

/// Faces of one model in one change have one dimension.
pub(super) fn check_one_dimension<'a>(
    faces: impl Iterator<Item = &'a FaceTemplate>,
) -> Result<(), GalleryError> {
    let mut seen = BTreeMap::new();
    for template in faces {
        let found = template.embedding().len();
        let expected = *seen.entry(template.model()).or_insert(found);
        if expected != found {
            return Err(GalleryError::ModelDimension { model: template.model().clone(), expected, found });
        }
    }
    Ok(())
}
