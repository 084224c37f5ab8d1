//! Tests of what several files of this directory do together.

mod credentials;
mod documents;
mod policies;
mod rejections;
mod requests;
mod values;
