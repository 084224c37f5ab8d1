//! Whether tokens may or must be bound to a DPoP key.

use derive_more::{Display, Error, FromStr};

/// Whether tokens may or must be bound to a DPoP key (RFC 9449).
#[derive(Debug, Display, FromStr, Clone, Copy, PartialEq, Eq, Default)]
#[display(rename_all = "lowercase")]
#[from_str(rename_all = "lowercase")]
#[from_str(error(UnknownDpopMode, |_| UnknownDpopMode))]
pub enum DpopMode {
    /// The `DPoP` scheme is unknown, and bound tokens are rejected.
    Off,
    /// Bearer tokens and bound tokens are accepted, each under its own scheme.
    #[default]
    Allowed,
    /// Only tokens that are bound to a DPoP key are accepted.
    Required,
}

/// The text is not one of `off`, `allowed` and `required`.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not one of off, allowed and required")]
pub struct UnknownDpopMode;

impl DpopMode {
    /// The mode of a server whose issuers have these: what they all have, else `Allowed`. Without
    /// issuers it is `None`.
    pub(crate) fn common(modes: impl IntoIterator<Item = Self>) -> Option<Self> {
        let merged = |one, other| if one == other { one } else { Self::Allowed };
        modes.into_iter().reduce(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::DpopMode::{self, Allowed, Off, Required};

    #[test]
    fn issuers_that_differ_make_dpop_allowed() {
        let table: [(&[DpopMode], Option<DpopMode>); 7] = [
            (&[], None),
            (&[Off], Some(Off)),
            (&[Required], Some(Required)),
            (&[Required, Required], Some(Required)),
            (&[Required, Off], Some(Allowed)),
            (&[Off, Off, Allowed], Some(Allowed)),
            (&[Required, Allowed, Required], Some(Allowed)),
        ];
        for (modes, common) in table {
            assert_eq!(DpopMode::common(modes.iter().copied()), common, "{modes:?}");
        }
    }
}
