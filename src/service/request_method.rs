//! Request methods as labels of logs and metrics.

use actix_web::http::Method;

/// A request method. All unusual methods share one label, so that made-up methods create no new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other,
}

impl RequestMethod {
    /// All methods, in the order of their numbers.
    pub(super) const ALL: [Self; 8] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
        Self::Other,
    ];

    pub(super) const fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::OPTIONS => Self::Options,
            _ => Self::Other,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "other",
        }
    }

    /// The index in [`ALL`](Self::ALL).
    pub(super) const fn number(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_has_its_index_and_name() {
        for (place, method) in RequestMethod::ALL.into_iter().enumerate() {
            assert_eq!(method.number(), place);
            let named = Method::from_bytes(method.as_str().as_bytes()).unwrap();
            assert_eq!(RequestMethod::of(&named), method);
        }
        assert_eq!(RequestMethod::of(&Method::TRACE), RequestMethod::Other);
    }
}
