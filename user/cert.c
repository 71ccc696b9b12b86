// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cert.c - read certificates and private keys, and judge whether a certificate
 * is fit to be a signer of BPF.
 */
#include "cert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "diag.h"
#include "file.h"

#define RSA_BITS_MIN	2048
#define RSA_BITS_MAX	8192	/* its signature must fit into CMS_SIG_MAX */
#define SKI_MAX		64

/* Read a file and print why that failed. */
static int read_file(const char *what, const char *path, uint8_t **buf, size_t *len,
		     mode_t *mode)
{
	int err = file_read(path, CERT_FILE_MAX, buf, len, mode);

	if (err == -EFBIG)
		diag_error("%s %s is larger than %d bytes", what, diag_quote(path).s,
			   CERT_FILE_MAX);
	else if (err == -EINVAL)
		diag_error("%s %s is not a regular file", what, diag_quote(path).s);
	else if (err)
		diag_error("cannot read %s %s: %s", what, diag_quote(path).s,
			   strerror(-err));
	return err;
}

/* One DER certificate and nothing after it. */
static X509 *parse_der(const uint8_t *buf, size_t len)
{
	const uint8_t *p = buf;
	X509 *x509 = d2i_X509(NULL, &p, (long)len);

	if (x509 && p == buf + len)
		return x509;
	X509_free(x509);
	return NULL;
}

/* One PEM certificate, and no second one. */
static X509 *parse_pem(const uint8_t *buf, size_t len, bool *several)
{
	BIO *bio = BIO_new_mem_buf(buf, (int)len);
	X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	X509 *second = x509 ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	*several = second != NULL;
	if (second) {
		X509_free(second);
		X509_free(x509);
		return NULL;
	}
	return x509;
}

static int parse_cert(const char *path, const uint8_t *buf, size_t len, X509 **x509)
{
	bool several = false;
	X509 *made;

	/* DER starts with a SEQUENCE; "0" can't start the text before a PEM block. */
	made = len && buf[0] == 0x30 ? parse_der(buf, len) : NULL;
	if (!made)
		made = parse_pem(buf, len, &several);
	ERR_clear_error();
	if (several) {
		diag_error("%s holds several certificates; give the signer's alone",
			   diag_quote(path).s);
		return -EBADMSG;
	}
	if (!made) {
		diag_error("%s is not a certificate (X.509, PEM or DER)",
			   diag_quote(path).s);
		return -EBADMSG;
	}
	*x509 = made;
	return 0;
}

static int asn1_time(const ASN1_TIME *asn1, time_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(asn1, &tm) != 1)
		return -EBADMSG;
	*out = timegm(&tm);
	return 0;
}

/*
 * The subject as text. RFC 2253 form escapes control characters and everything
 * that isn't ASCII, so it is safe to print as it is.
 */
static char *subject_text(X509 *x509)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *mem, *text = NULL;
	long len;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0,
				      XN_FLAG_RFC2253) >= 0) {
		len = BIO_get_mem_data(bio, &mem);
		text = strndup(len > 0 ? mem : "", len > 0 ? (size_t)len : 0);
	}
	BIO_free(bio);
	return text;
}

/* Fill in what is derived from cert->x509. */
static int derive(struct cert *cert)
{
	unsigned int digest_len = sizeof(cert->fingerprint);
	int len = i2d_X509(cert->x509, &cert->der);

	if (len <= 0)
		return -ENOMEM;
	cert->der_len = (size_t)len;
	if (!EVP_Digest(cert->der, cert->der_len, cert->fingerprint, &digest_len,
			EVP_sha256(), NULL))
		return -ENOMEM;
	if (asn1_time(X509_get0_notBefore(cert->x509), &cert->not_before) ||
	    asn1_time(X509_get0_notAfter(cert->x509), &cert->not_after)) {
		diag_error("certificate %s has a malformed date",
			   diag_quote(cert->path).s);
		return -EBADMSG;
	}
	cert->subject = subject_text(cert->x509);
	return cert->subject ? 0 : -ENOMEM;
}

int cert_from_x509(X509 *x509, const char *name, struct cert **out)
{
	struct cert *cert = calloc(1, sizeof(*cert));
	int err;

	if (!cert)
		return -ENOMEM;
	X509_up_ref(x509);
	cert->x509 = x509;
	cert->path = strdup(name);
	err = cert->path ? derive(cert) : -ENOMEM;
	ERR_clear_error();
	if (err)
		cert_free(cert);
	else
		*out = cert;
	return err;
}

int cert_load(const char *path, struct cert **out)
{
	uint8_t *buf = NULL;
	X509 *x509 = NULL;
	size_t len;
	int err;

	err = read_file("certificate", path, &buf, &len, NULL);
	if (!err)
		err = parse_cert(path, buf, len, &x509);
	if (!err)
		err = cert_from_x509(x509, path, out);
	X509_free(x509);
	free(buf);
	return err;
}

void cert_free(struct cert *cert)
{
	if (!cert)
		return;
	X509_free(cert->x509);
	OPENSSL_free(cert->der);
	free(cert->subject);
	free(cert->path);
	free(cert);
}

static const char *date_text(time_t t, char buf[32])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, 32, "%Y-%m-%d %H:%M:%S UTC", &tm))
		return "an unknown date";
	return buf;
}

static void hint_remedy(void)
{
	diag_hint("another can be made with: bpfseal keys signer DIR --name NAME");
}

int cert_check_dates(const struct cert *cert, time_t now)
{
	char buf[32];

	if (now < cert->not_before) {
		diag_error("certificate %s is not valid until %s",
			   diag_quote(cert->path).s, date_text(cert->not_before, buf));
		diag_hint("subject: %s", cert->subject);
		diag_hint("now it is %s: set the clock if that is wrong, or wait",
			  date_text(now, buf));
		return -EKEYEXPIRED;
	}
	if (now > cert->not_after) {
		diag_error("certificate %s expired on %s", diag_quote(cert->path).s,
			   date_text(cert->not_after, buf));
		diag_hint("subject: %s", cert->subject);
		diag_hint("now it is %s; set the clock if that is wrong", date_text(now, buf));
		hint_remedy();
		return -EKEYEXPIRED;
	}
	return 0;
}

/* What makes the certificate unfit, NULL if nothing does. */
static const char *wrong_use(X509 *x509)
{
	uint32_t flags = X509_get_extension_flags(x509);
	uint32_t usage = X509_get_key_usage(x509);
	uint32_t extended = X509_get_extended_key_usage(x509);

	if (flags & EXFLAG_INVALID)
		return "has a malformed extension";
	if (!(usage & KU_DIGITAL_SIGNATURE))
		return "is for another use: keyUsage lacks digitalSignature";
	if (!(extended & (XKU_CODE_SIGN | XKU_ANYEKU)))
		return "is for another use: extendedKeyUsage lacks codeSigning";
	return NULL;
}

static const char *wrong_key(X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	char group[32] = "";

	switch (key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
	case EVP_PKEY_RSA:
		if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
			return "has an RSA key of less than 2048 bits";
		if (EVP_PKEY_get_bits(key) > RSA_BITS_MAX)
			return "has an RSA key of more than 8192 bits";
		return NULL;
	case EVP_PKEY_EC:
		if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) &&
		    (!strcmp(group, SN_X9_62_prime256v1) || !strcmp(group, SN_secp384r1)))
			return NULL;
		return "has an ECDSA key on another curve than P-256 and P-384";
	default:
		return "has a key that is neither RSA nor ECDSA";
	}
}

/* The signature on the certificate, which the kernel parses as well. */
static const char *wrong_signature(X509 *x509)
{
	int digest = NID_undef, key = NID_undef;

	X509_get_signature_info(x509, &digest, &key, NULL, NULL);
	if (key != NID_rsaEncryption && key != NID_X9_62_id_ecPublicKey)
		return "is signed with an algorithm the kernel does not know";
	if (digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512)
		return "is signed with another digest than SHA-256, SHA-384 and SHA-512";
	return NULL;
}

static const char *wrong_key_id(X509 *x509)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(x509);

	if (!ski || !ASN1_STRING_length(ski))
		return "has no subject key identifier, by which the kernel finds the key";
	if (ASN1_STRING_length(ski) > SKI_MAX)
		return "has a subject key identifier of more than 64 bytes";
	return NULL;
}

/*
 * The kernel would take any certificate that a key in the keyring has signed, so
 * a CA's key would trust every signer of that CA.
 */
static const char *wrong_rank(X509 *x509)
{
	return X509_get_extension_flags(x509) & EXFLAG_CA ?
		"is a CA's; give the certificate of one signer" : NULL;
}

static int refuse(const struct cert *cert, const char *why)
{
	ERR_clear_error();
	if (!why)
		return 0;
	diag_error("certificate %s %s", diag_quote(cert->path).s, why);
	diag_hint("subject: %s", cert->subject);
	hint_remedy();
	return -EKEYREJECTED;
}

int cert_check_signer(const struct cert *cert, time_t now)
{
	const char *why = wrong_rank(cert->x509);
	int err;

	if (!why)
		why = wrong_use(cert->x509);
	if (!why)
		why = wrong_key(cert->x509);
	if (!why)
		why = wrong_signature(cert->x509);
	if (!why)
		why = wrong_key_id(cert->x509);
	err = refuse(cert, why);
	return err ? err : cert_check_dates(cert, now);
}

int cert_check_authority(const struct cert *cert)
{
	const char *why = wrong_use(cert->x509);

	return refuse(cert, why ? why : wrong_key(cert->x509));
}

void cert_fingerprint(const struct cert *cert, char hex[2 * CERT_DIGEST_LEN + 1])
{
	for (size_t i = 0; i < CERT_DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", cert->fingerprint[i]);
}

/* Called only for an encrypted key: note that, and give no passphrase. */
static int refuse_passphrase(char *buf, int size, int rwflag, void *asked)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	*(bool *)asked = true;
	return -1;
}

static int parse_key(const char *path, const uint8_t *buf, size_t len, EVP_PKEY **out)
{
	BIO *bio = BIO_new_mem_buf(buf, (int)len);
	bool encrypted = false;
	EVP_PKEY *key;

	if (!bio)
		return -ENOMEM;
	key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &encrypted);
	BIO_free(bio);
	ERR_clear_error();
	if (key) {
		*out = key;
		return 0;
	}
	if (encrypted) {
		diag_error("private key %s is encrypted, which is not supported",
			   diag_quote(path).s);
		diag_hint("decrypt it to a file on a tmpfs: openssl pkey -in KEY -out FILE");
		return -EKEYREJECTED;
	}
	diag_error("%s is not a private key (PEM)", diag_quote(path).s);
	return -EBADMSG;
}

int cert_key_load(const char *path, EVP_PKEY **out)
{
	uint8_t *buf = NULL;
	size_t len;
	mode_t mode;
	int err;

	err = read_file("private key", path, &buf, &len, &mode);
	if (err)
		return err;
	err = parse_key(path, buf, len, out);
	if (!err && (mode & 077))
		diag_warn("others than its owner have access to private key %s (mode %04o)",
			  diag_quote(path).s, (unsigned int)mode);
	OPENSSL_cleanse(buf, len);
	free(buf);
	return err;
}

bool cert_key_matches(const struct cert *cert, const EVP_PKEY *key)
{
	const EVP_PKEY *public = X509_get0_pubkey(cert->x509);
	bool same = public && EVP_PKEY_eq(public, key) == 1;

	ERR_clear_error();
	return same;
}
