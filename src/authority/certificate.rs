//! What the certificates say (RFC 5280).

use super::key::CaKey;
use super::{AuthorityError, Facts};
use crate::base::Timestamp;
use crate::crypto::random;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber, date_time_ymd,
};
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use std::time::Duration;

/// Certificates begin this long before they are made: clocks of apps may be slow.
pub(super) const BACKDATED: Duration = Duration::from_hours(1);

/// The certificate of the CA, in DER.
pub(super) fn of_authority(facts: &Facts, key: &CaKey) -> Result<Vec<u8>, AuthorityError> {
    let mut params = authority_params(facts);
    params.serial_number = Some(serial()?);
    let made = params.self_signed(key).map_err(|_| AuthorityError::Sign)?;
    Ok(made.der().to_vec())
}

/// A certificate for one host with a new key of its own, ready for TLS.
pub(super) fn of_host(
    host: &str,
    times: (Timestamp, Timestamp),
    facts: &Facts,
    key: &CaKey,
) -> Result<CertifiedKey, AuthorityError> {
    let failed = |_| AuthorityError::Sign;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(host);
    params.subject_alt_names = vec![SanType::DnsName(host.try_into().map_err(failed)?)];
    set_times(&mut params, times.0, times.1);
    params.serial_number = Some(serial()?);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let issuer = Issuer::new(authority_params(facts), key);
    let made = params.signed_by(&pair, &issuer).map_err(failed)?;
    let signer = any_ecdsa_type(&PrivateKeyDer::from(pair)).map_err(|_| AuthorityError::Sign)?;
    let chain = vec![made.der().clone(), facts.certificate()?];
    Ok(CertifiedKey::new(chain, signer))
}

fn authority_params(facts: &Facts) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&facts.name);
    let (begins, ends) = (facts.not_before, facts.not_after);
    set_times(
        &mut params,
        Timestamp::from_micros(begins),
        Timestamp::from_micros(ends),
    );
    // It signs hosts, and no further CA.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let hosts = facts.hosts.iter().cloned().map(GeneralSubtree::DnsName);
    // A list of names leaves addresses free (RFC 5280: constraints hold for the forms that they name); so all are excluded.
    let addresses = [
        CidrSubnet::from_v4_prefix([0; 4], 0),
        CidrSubnet::from_v6_prefix([0; 16], 0),
    ];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: hosts.collect(),
        excluded_subtrees: addresses
            .into_iter()
            .map(GeneralSubtree::IpAddress)
            .collect(),
    });
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Random, positive, 16 bytes (RFC 5280 allows 20).
fn serial() -> Result<SerialNumber, AuthorityError> {
    let mut bytes = random::<16>()?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// Certificates know whole seconds.
fn set_times(params: &mut CertificateParams, not_before: Timestamp, not_after: Timestamp) {
    let time =
        |at: Timestamp| date_time_ymd(1970, 1, 1) + Duration::from_secs(at.as_micros() / 1_000_000);
    params.not_before = time(not_before);
    params.not_after = time(not_after);
}
