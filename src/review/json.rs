//! Reads a JSON document as it comes: each string is a text of its own, under its key; so is what stands between two.

use super::place::{Place, Step};
use super::prose::Prose;
use super::{ReviewError, Rules, Sent};

/// A document.
#[derive(Default)]
pub(super) struct Json {
    place: Place,
    /// The text that is read now.
    text: Option<Prose>,
    /// Whether it stands between strings, where only numbers and words of JSON do.
    between: bool,
    /// Written, but no whole character yet.
    begun: String,
}

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Json").finish_non_exhaustive()
    }
}

impl Json {
    /// Takes the next piece and lets go what can go on.
    pub(super) fn push(
        &mut self,
        rules: &Rules,
        piece: &str,
        to: &mut Sent<'_>,
    ) -> Result<(), ReviewError> {
        for c in piece.chars() {
            let quote = c == '"';
            let key = self.place.key().filter(|_| quote).map(str::to_owned);
            let step = self.place.advance(c);
            match step {
                Step::Border => {
                    self.end_text(rules, key.as_deref(), to)?;
                    self.begun.push(c);
                    to.out.push_str(&self.begun);
                    self.begun.clear();
                }
                Step::Inside(meant) => {
                    self.begun.push(c);
                    if let Some(meant) = meant {
                        self.take(rules, meant, to)?;
                    }
                }
            }
        }
        match &mut self.text {
            Some(text) => text.settle(rules, self.place.key(), false, to),
            None => Ok(()),
        }
    }

    /// Ends the document.
    pub(super) fn finish(&mut self, rules: &Rules, to: &mut Sent<'_>) -> Result<(), ReviewError> {
        let key = self.place.key().map(str::to_owned);
        self.end_text(rules, key.as_deref(), to)?;
        to.out.push_str(&std::mem::take(&mut self.begun));
        Ok(())
    }

    /// A character is complete.
    fn take(&mut self, rules: &Rules, meant: char, to: &mut Sent<'_>) -> Result<(), ReviewError> {
        let between = self.place.is_between();
        if between != self.between {
            let key = self.place.key().map(str::to_owned);
            self.end_text(rules, key.as_deref(), to)?;
            self.between = between;
        }
        let quote = || Prose::in_json(self.place.quote());
        let text = self.text.get_or_insert_with(quote);
        text.push_written(meant, &self.begun);
        self.begun.clear();
        Ok(())
    }

    fn end_text(
        &mut self,
        rules: &Rules,
        key: Option<&str>,
        to: &mut Sent<'_>,
    ) -> Result<(), ReviewError> {
        match self.text.take() {
            Some(mut text) => text.settle(rules, key, true, to),
            None => Ok(()),
        }
    }

    /// What is held back, as it came.
    pub(super) fn held(&self) -> String {
        let text = self.text.as_ref().map_or("", Prose::held);
        format!("{text}{}", self.begun)
    }

    /// Whether something is held back.
    pub(super) fn holds(&self) -> bool {
        !self.begun.is_empty()
            || self
                .text
                .as_ref()
                .is_some_and(|text| !text.held().is_empty())
    }
}
