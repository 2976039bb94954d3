//! The steps by which machines and programs come to trust the local authority, in English and Chinese.

use crate::authority::Public;
use std::env;
use std::net::SocketAddr;

/// The languages that the product speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    En,
    Zh,
}

impl Language {
    /// As `LC_ALL`, `LC_MESSAGES` or `LANG` say it; the first that is set counts (POSIX, chapter 8).
    pub(super) fn of_environment() -> Self {
        let set = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set);
        Self::of_locale(&locale.unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") {
            Self::Zh
        } else {
            Self::En
        }
    }
}

/// The whole text; `file` is where the certificate lies, as the reader's shell takes it.
pub(super) fn text(language: Language, public: &Public, file: &str, listen: SocketAddr) -> String {
    let template = match language {
        Language::En => EN,
        Language::Zh => ZH,
    };
    let here = if listen.ip().is_unspecified() {
        format!("gateway.example:{}", listen.port())
    } else {
        listen.to_string()
    };
    template
        .replace("{name}", &public.name)
        .replace("{hosts}", &public.hosts.join(", "))
        .replace("{sha256}", &public.fingerprint())
        .replace("{file}", file)
        .replace("{gateway}", &here)
}

const EN: &str = "\
How programs come to trust `{name}`

  for     {hosts}
  sha256  {sha256}

It is good for these hosts and nothing else, so a machine that trusts it trusts the gateway to stand in for them. Bring its
certificate (not secret) to the machine and compare the fingerprint there:

  vestibule ca print > {file}
  openssl x509 -in {file} -noout -fingerprint -sha256

1. The whole machine

  Debian, Ubuntu:   sudo cp {file} /usr/local/share/ca-certificates/vestibule-ca.crt && sudo update-ca-certificates
  RHEL, Fedora:     sudo cp {file} /etc/pki/ca-trust/source/anchors/vestibule-ca.pem && sudo update-ca-trust
  Alpine:           sudo cp {file} /usr/local/share/ca-certificates/vestibule-ca.crt && sudo update-ca-certificates
  macOS:            sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {file}
  Windows (admin):  certutil -addstore -f Root {file}

2. Programs that bring their own list, after step 1

  Debian's list is /etc/ssl/certs/ca-certificates.crt, RHEL's /etc/pki/tls/certs/ca-bundle.crt. Elsewhere put the
  certificate behind the program's own list, for instance: cat \"$(python3 -m certifi)\" {file} > bundle.pem

  Python (openai, anthropic, litellm, httpx):  export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  Python (requests):                           export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
  Node.js:                                     export NODE_EXTRA_CA_CERTS={file}
  Java:                                        keytool -importcert -cacerts -alias vestibule -file {file}
  curl, one call:                              curl --cacert {file} …   (Windows: also --ssl-no-revoke)

3. The proxy, with a key of the app (`vestibule key new --app NAME`)

  export HTTPS_PROXY=http://app:vsk_KEY@{gateway}
  export NO_PROXY=localhost,127.0.0.1,::1

  Without NO_PROXY some programs send even requests to this machine to the proxy. Node.js before 24 doesn't read
  HTTPS_PROXY by itself: set NODE_USE_ENV_PROXY=1 on 24 and later; before, load undici's EnvHttpProxyAgent. Java takes
  -Dhttps.proxyHost and -Dhttps.proxyPort, and its password from an Authenticator
  (with -Djdk.http.auth.tunneling.disabledSchemes=); or leave the proxy without a password and give the app its key in
  place of the provider's.

4. Does it work? The issuer must be `{name}`:

  curl -v --cacert {file} https://api.deepseek.com/v1/models 2>&1 | grep issuer

To take it back, remove the file from the same place and run the same command again (macOS: `security delete-certificate
-c '{name}'`; Windows: `certutil -delstore Root \"{name}\"`).
";

const ZH: &str = "\
让程序信任“{name}”

  适用主机  {hosts}
  sha256    {sha256}

它只对这些主机有效，对其他任何主机都无效；信任它的机器，只是允许网关代替这些主机应答。把它的证书（不是秘密）带到该机器，
并在那里核对指纹：

  vestibule ca print > {file}
  openssl x509 -in {file} -noout -fingerprint -sha256

1. 整台机器

  Debian、Ubuntu：      sudo cp {file} /usr/local/share/ca-certificates/vestibule-ca.crt && sudo update-ca-certificates
  RHEL、Fedora、openEuler：sudo cp {file} /etc/pki/ca-trust/source/anchors/vestibule-ca.pem && sudo update-ca-trust
  Alpine：              sudo cp {file} /usr/local/share/ca-certificates/vestibule-ca.crt && sudo update-ca-certificates
  macOS：               sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {file}
  Windows（管理员）：   certutil -addstore -f Root {file}

2. 自带证书列表的程序（先完成第 1 步）

  Debian 的列表是 /etc/ssl/certs/ca-certificates.crt，RHEL 的是 /etc/pki/tls/certs/ca-bundle.crt。在别处，把证书接在程序自己的
  列表之后，例如：cat \"$(python3 -m certifi)\" {file} > bundle.pem

  Python（openai、anthropic、litellm、httpx）：export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  Python（requests）：                         export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
  Node.js：                                    export NODE_EXTRA_CA_CERTS={file}
  Java：                                       keytool -importcert -cacerts -alias vestibule -file {file}
  curl（单次调用）：                           curl --cacert {file} …   （Windows 另加 --ssl-no-revoke）

3. 代理，带上应用的密钥（`vestibule key new --app 名称`）

  export HTTPS_PROXY=http://app:vsk_密钥@{gateway}
  export NO_PROXY=localhost,127.0.0.1,::1

  没有 NO_PROXY 时，有些程序连发往本机的请求也会交给代理。24 之前的 Node.js 自己不读 HTTPS_PROXY：24 及以后设
  NODE_USE_ENV_PROXY=1，之前的版本请加载 undici 的 EnvHttpProxyAgent。Java 用 -Dhttps.proxyHost 和 -Dhttps.proxyPort，密码由
  Authenticator 提供（并设 -Djdk.http.auth.tunneling.disabledSchemes=）；也可以不给代理设密码，而让应用用自己的密钥代替供应商的密钥。

4. 生效了吗？颁发者必须是“{name}”：

  curl -v --cacert {file} https://api.deepseek.com/v1/models 2>&1 | grep issuer

撤销信任时，从同一位置删除该文件，再运行同一命令（macOS：`security delete-certificate -c '{name}'`；Windows：
`certutil -delstore Root \"{name}\"`）。
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::crypto::Key32;
    use crate::store::{Durability, SqliteStore};

    #[test]
    fn both_languages_name_every_way_and_no_blank_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("data"), Durability::Os).unwrap();
        let (key, hosts) = (Key32::random().unwrap(), ["api.deepseek.com".to_owned()]);
        let made = crate::authority::Authority::create(
            &store,
            &key,
            &hosts,
            1,
            Timestamp::from_micros(1 << 50),
            false,
        );
        let made = made.unwrap();
        for language in [Language::En, Language::Zh] {
            for (listen, gateway) in [
                ("127.0.0.1:8080", "@127.0.0.1:8080"),
                ("0.0.0.0:8443", "@gateway.example:8443"),
            ] {
                let text = text(
                    language,
                    made.public(),
                    "/tmp/ca.pem",
                    listen.parse().unwrap(),
                );
                for needed in [
                    "SSL_CERT_FILE",
                    "REQUESTS_CA_BUNDLE",
                    "NODE_EXTRA_CA_CERTS",
                    "keytool",
                    "update-ca-certificates",
                    "update-ca-trust",
                    "add-trusted-cert",
                    "certutil -addstore",
                    "curl --cacert /tmp/ca.pem",
                    "HTTPS_PROXY",
                    "NO_PROXY",
                    gateway,
                    &made.public().name,
                    &made.public().fingerprint(),
                ] {
                    assert!(text.contains(needed), "{language:?} lacks {needed}");
                }
                assert!(!text.contains('{'), "{text}");
            }
        }
    }

    #[test]
    fn the_locale_chooses_the_language() {
        for (locale, expected) in [
            ("zh_CN.UTF-8", Language::Zh),
            ("zh", Language::Zh),
            ("en_GB.UTF-8", Language::En),
            ("C", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::of_locale(locale), expected, "{locale}");
        }
    }
}
