//! Tests of what several files of this directory do together.

mod documents;
mod requests;
mod values;
