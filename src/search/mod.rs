//! 1:N search over a snapshot.
//!
//! Every live reference that a query may match takes part, in parallel, in one pass for any number of
//! queries. A search of faces is exact; a search of fingers compares in full as many references as its
//! [`Effort`] says. Results do not depend on the number of threads, on the segments of the gallery, or on the
//! kernels' level: kernels return the same bits, and results have a total order. No lock is held while
//! comparing, and the work runs on the caller's thread pool if one is given.

mod cascade;
mod coded;
mod duplicates;
mod effort;
mod error;
mod exhaustive;
mod face_rows;
mod faces;
mod fingers;
mod floors;
mod one_bit;
mod partial;
mod people;
mod pieces;
mod query;
mod result;
mod top;

pub use duplicates::{Duplicate, DuplicateSearch, EnrolledFace, StepFound};
pub use effort::{Cascade, Effort, Keep, Share};
pub use error::SearchError;
pub use faces::{identify_faces, identify_faces_by_vectors};
pub use fingers::identify_fingers;
pub use one_bit::{ApproximatelyFound, Misses, OneBit, Shortlist};
pub use people::identify_person;
pub use query::{FingerQuery, Search, SubGallery};
pub use result::{Found, FoundPerson, Hit, PersonHit, Seen};
