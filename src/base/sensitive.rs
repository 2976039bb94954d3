//! A value that must not show up anywhere by accident.

use std::fmt;
use zeroize::Zeroize;

/// Holds an original: prints as type and length only, can't be serialised, is wiped on drop.
///
/// ```
/// use vestibule::base::Sensitive;
/// let mail = Sensitive::new("lena@example.org".to_owned());
/// assert_eq!(format!("{mail:?}"), "Sensitive(16 bytes)");
/// assert_eq!(mail.expose().len(), 16);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T: Zeroize + AsRef<[u8]>>(T);

impl<T: Zeroize + AsRef<[u8]>> Sensitive<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; the name marks each place that looks.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sensitive({} bytes)", self.0.as_ref().len())
    }
}

impl<T: Zeroize + AsRef<[u8]>> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
