//! Labels of credentials besides those of [`super::super::words`], by what follows them.

use super::super::roles::Roles;
use super::super::words::Row;

/// Further words that say that a password or a key follows.
pub(in crate::detect) const WORDS: &[Row] = &[
    (
        Roles::PASSWORD,
        "\
passw|pass|passphrase|passwort|kennwort|pw|psw|pword|passcode|passkey|pgpassword|mysql pwd|mysql password|mysql root password|sshpass|\
db password|dbpassword|db passwd|dbpasswd|db pwd|dbpwd|db pass|dbpass|userpassword|userpwd|rootpassword|root password|\
admin password|adminpassword|login password|smtp password|smtp pass|mail password|ftp password|redis password|requirepass|masterauth|\
keystore password|keystorepassword|store password|storepassword|key password|keypassword|truststore password|wifi password|wpa passphrase|\
sasl password|bind password|bindpw|bind pw|proxy password|vault password|become pass|ansible become pass|ansible ssh pass|ansible password|\
sudo pass|snmp server community|snmp-server community|community string|rocommunity|rwcommunity|pac key|enable secret|httppassword|identified by|contrasena|mot de passe|user password|new password|old password|temporary password|\
default password|initial password|current password|account password|\
密码|口令|密 码|新密码|旧密码|原密码|默认密码|临时密码|解压密码|提取码|开机口令|登陆密码|邮箱密码|服务器密码|\
连接密码|后台密码|系统密码|无线密码|wifi密码|路由器密码|root密码|管理密码|暗码|通行码",
    ),
    (
        Roles::SECRET,
        "\
app certificate|merchant key|api credential|client credential|device secret|provision device key|api token|apitoken|api secret|apisecret|app key|appkey|app token|app id secret|access token secret|secret access key|secretaccesskey|\
secretkey|secret id|secretid|secret token|security token|session token|authtoken|authorization token|bearer token|oauth token|\
id token|refreshtoken|personal access token|pat|consumer key|consumer secret|client key|client token|license key|licence key|\
subscription key|ocp apim subscription key|service key|service account key|account key|storage key|primary key value|signing secret|\
webhook key|webhook url|webhook token|encryption secret|jwt secret|jwt key|cookie secret|session secret|secret key base|\
password salt|auth salt|logged in salt|nonce salt|secure auth salt|secure auth key|logged in key|nonce key|hmac key|hmac secret|\
deploy key|deploy token|bot token|channel secret|channel access token|verify token|verification token|push token|npm token|\
x auth token|x vault token|x access token|x-auth-token|x-vault-token|x-access-token|private token|job token|x api token|user token|\
user key|usertoken|device token|master secret|shared secret|shared key|pre shared key|presharedkey|psk|private key id|rest api key|\
write key|read key|admin key|server key|sdk key|root key|data key|kms key|sas token|account sas|\
api密钥|密钥key|访问令牌|私有令牌|个人令牌|应用密钥|接口密钥|签名密钥|加密密钥|商户密钥|支付密钥|api秘钥|ak|sk|accesskeyid|accesskeysecret|\
开发者密钥|授权令牌|签名串|app密钥|appid密钥|小程序密钥|webhook地址|机器人地址|激活码|许可证密钥|序列密钥|助记词密钥|会话密钥|凭证|凭据|token值",
    ),
    (
        Roles::BEARER,
        "\
auth|ssws|geniekey|apikey token|x-api-key bearer|proxy authorization",
    ),
];
