//! One virtual key: its text, its hash, the facts beside it.

use super::IdentityError;
use crate::base::Timestamp;
use crate::crypto::{CryptoError, MacKey, random};
use crate::store::KeyRow;
use serde::{Deserialize, Serialize};

/// The kind of its rows.
pub(super) const KIND: &str = "app";
const PREFIX: &str = "vsk_";
/// 190 bits, five in a character.
const SECRET_CHARS: usize = 38;
/// The first of these, by which it is looked up.
const ID_CHARS: usize = 8;
/// Crockford's base 32, lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PURPOSE: &[u8] = b"vestibule/app-key/1";
const REVOKED: &[u8] = b"vestibule/app-key/1/revoked";

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Until it expires.
    Active,
    /// Never again.
    Revoked,
}

/// What is kept beside the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) app: String,
    pub(super) label: String,
    /// Microseconds since the epoch.
    pub(super) expires: Option<u64>,
    pub(super) state: KeyState,
}

/// A key as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Look-up id: its first eight characters after `vsk_`.
    pub id: String,
    /// Whose it is.
    pub app: String,
    /// What it is for.
    pub label: String,
    /// Microseconds since the epoch.
    pub created: u64,
    /// Microseconds since the epoch.
    pub expires: Option<u64>,
    /// Whether it works.
    pub state: KeyState,
}

impl KeyInfo {
    pub(super) fn of(row: &KeyRow) -> Result<Self, IdentityError> {
        let id = String::from_utf8(row.id.clone()).map_err(|_| IdentityError::Damaged)?;
        let Facts {
            app,
            label,
            expires,
            state,
        } = Facts::from_json(&row.facts)?;
        Ok(Self {
            id,
            app,
            label,
            created: row.created,
            expires,
            state,
        })
    }
}

impl Facts {
    pub(super) fn new(
        app: &str,
        label: &str,
        expires: Option<Timestamp>,
    ) -> Result<Self, IdentityError> {
        let name = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if !(1..=64).contains(&app.len()) || !app.bytes().all(name) {
            return Err(IdentityError::Name);
        }
        if label.chars().count() > 200 || label.chars().any(char::is_control) {
            return Err(IdentityError::Label);
        }
        Ok(Self {
            app: app.to_owned(),
            label: label.to_owned(),
            expires: expires.map(Timestamp::as_micros),
            state: KeyState::Active,
        })
    }

    pub(super) fn to_json(&self) -> Result<String, IdentityError> {
        serde_json::to_string(self).map_err(|_| IdentityError::Damaged)
    }

    pub(super) fn from_json(json: &str) -> Result<Self, IdentityError> {
        serde_json::from_str(json).map_err(|_| IdentityError::Damaged)
    }
}

/// A new key.
pub(super) fn generate() -> Result<String, CryptoError> {
    let bytes: [u8; SECRET_CHARS] = random()?;
    let mut text = String::with_capacity(PREFIX.len() + SECRET_CHARS);
    text.push_str(PREFIX);
    // 256 is a multiple of 32: every character is equally likely.
    text.extend(
        bytes
            .iter()
            .filter_map(|b| ALPHABET.get(usize::from(b % 32)))
            .map(|b| char::from(*b)),
    );
    Ok(text)
}

/// A text in the form of a key.
pub(super) struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX)?;
        let form = secret.len() == SECRET_CHARS && secret.bytes().all(|b| ALPHABET.contains(&b));
        form.then_some(Self(secret))
    }

    pub(super) fn id_text(&self) -> &'a str {
        self.0.get(..ID_CHARS).unwrap_or_default()
    }

    pub(super) fn id(&self) -> [u8; ID_CHARS] {
        self.0.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Its keyed hash, bound to whose it is and how long: changing those in the store breaks it.
    pub(super) fn tag(&self, mac: &MacKey, facts: &Facts) -> [u8; 32] {
        mac.mac(&self.parts(facts, &expiry(facts)))
    }

    /// Compares with what is stored, in constant time.
    pub(super) fn check(
        &self,
        mac: &MacKey,
        facts: &Facts,
        stored: &[u8; 32],
    ) -> Result<(), CryptoError> {
        match facts.state {
            KeyState::Active => mac.verify(&self.parts(facts, &expiry(facts)), stored),
            KeyState::Revoked => mac.verify(&[REVOKED, &self.tag(mac, facts)], stored),
        }
    }

    fn parts<'b>(&'b self, facts: &'b Facts, expiry: &'b [u8; 8]) -> [&'b [u8]; 4] {
        [PURPOSE, self.0.as_bytes(), facts.app.as_bytes(), expiry]
    }
}

fn expiry(facts: &Facts) -> [u8; 8] {
    facts.expires.unwrap_or(u64::MAX).to_be_bytes()
}

/// What the hash of a revoked key becomes, so that nobody makes it active again by its facts alone.
pub(super) fn revoked_tag(mac: &MacKey, tag: &[u8]) -> Vec<u8> {
    mac.mac(&[REVOKED, tag]).to_vec()
}

/// The look-up id in an id, a key, or `vsk_` and an id.
pub(super) fn id_of(text: &str) -> Option<&str> {
    let text = text.strip_prefix(PREFIX).unwrap_or(text);
    if text.len() == ID_CHARS || text.len() == SECRET_CHARS {
        text.get(..ID_CHARS)
    } else {
        None
    }
}
