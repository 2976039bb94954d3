//! Chinese postal addresses at street level, by their grammar (`zh`); Western ones are recognizers of files.
//!
//! A district, a city or a country alone is a place and no address. Refuses to know: whether a street exists.

pub(super) mod zh;
mod zh_words;
