//! What a context word says about a value near it.

use std::ops::BitOr;

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Roles(u32);

impl Roles {
    pub(super) const PHONE: Self = Self(1);
    pub(super) const ID: Self = Self(1 << 1);
    pub(super) const CARD: Self = Self(1 << 2);
    pub(super) const CVV: Self = Self(1 << 3);
    pub(super) const EXPIRY: Self = Self(1 << 4);
    pub(super) const PIN: Self = Self(1 << 5);
    pub(super) const SSN: Self = Self(1 << 6);
    pub(super) const USCC: Self = Self(1 << 7);
    pub(super) const IBAN: Self = Self(1 << 8);
    pub(super) const IP: Self = Self(1 << 9);
    pub(super) const PLATE: Self = Self(1 << 10);
    /// An order, a serial number, a hash, a time: the number is none of the above.
    pub(super) const NEGATIVE: Self = Self(1 << 11);
    /// A number with four parts is a version.
    pub(super) const VERSION: Self = Self(1 << 12);
    /// A field label: what follows is a name.
    pub(super) const NAME: Self = Self(1 << 13);
    /// Someone in a role: a name may follow.
    pub(super) const ROLE: Self = Self(1 << 14);
    /// A Chinese title: a name may go before.
    pub(super) const TITLE: Self = Self(1 << 15);
    /// An English title or opening: a name follows.
    pub(super) const INTRO: Self = Self(1 << 16);
    pub(super) const PASSWORD: Self = Self(1 << 17);
    pub(super) const SECRET: Self = Self(1 << 18);
    /// An authentication scheme: a token follows.
    pub(super) const BEARER: Self = Self(1 << 19);
    pub(super) const EMAIL: Self = Self(1 << 20);
    /// Another kind of number that a finding of ours must not be taken for.
    pub(super) const OTHER: Self = Self(1 << 21);

    /// A personal trait: a name stands beside it.
    pub(super) const TRAIT: Self = Self(1 << 22);
    /// Of the negative words: a hash or a random id, in which any digits may stand.
    pub(super) const HASH: Self = Self(1 << 23);
    /// Of the negative words: a thing that somebody has (an order), rather than its number.
    pub(super) const THING: Self = Self(1 << 24);

    /// Of a key: it measures something (`password_max_age`); a bare number is no secret.
    pub(super) const MEASURE: Self = Self(1 << 25);

    /// The name of a place.
    pub(super) const PLACE: Self = Self(1 << 26);

    /// The roles that say what kind of number this is.
    pub(super) const NUMERIC: Self = Self((1 << 12) - 1).or(Self::OTHER);
    /// The roles that say of a number that it is somebody's.
    pub(super) const PERSONAL: Self = Self::PHONE
        .or(Self::ID)
        .or(Self::CARD)
        .or(Self::CVV)
        .or(Self::PIN)
        .or(Self::SSN)
        .or(Self::IBAN);

    /// The roles of both.
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two share a role.
    pub(super) const fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }
}

impl BitOr for Roles {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}
