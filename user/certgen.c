// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * certgen.c - make keys and certificates for signers.
 */
#include "certgen.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "diag.h"
#include "file.h"

/* Other machines' clocks may be a little behind ours. */
#define BACKDATE_SECONDS (5 * 60)

static int openssl_failed(const char *what)
{
	char text[256];

	ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
	ERR_clear_error();
	diag_error("cannot %s: OpenSSL says %s", what, diag_quote(text).s);
	return -EIO;
}

int certgen_key(bool ec, EVP_PKEY **key)
{
	EVP_PKEY *made = ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);

	if (!made)
		return openssl_failed("make a key");
	*key = made;
	return 0;
}

static int set_serial(X509 *cert)
{
	ASN1_INTEGER *serial = NULL;
	unsigned char bytes[16];
	BIGNUM *bn = NULL;
	int ok = 0;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return 0;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;	/* positive, full length */
	bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
	serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	ok = serial && X509_set_serialNumber(cert, serial);
	ASN1_INTEGER_free(serial);
	BN_free(bn);
	return ok;
}

static int set_dates(X509 *cert, const struct certgen_spec *spec)
{
	const ASN1_TIME *ca_end = spec->ca ? X509_get0_notAfter(spec->ca) : NULL;
	int order;

	if (!X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATE_SECONDS) ||
	    !X509_time_adj_ex(X509_getm_notAfter(cert), spec->days, 0, NULL))
		return 0;
	if (!ca_end)
		return 1;
	order = ASN1_TIME_compare(X509_get0_notAfter(cert), ca_end);
	return order != -2 && (order <= 0 || X509_set1_notAfter(cert, ca_end));
}

static int set_names(X509 *cert, const struct certgen_spec *spec)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					  (const unsigned char *)spec->cn, -1, -1, 0) &&
	       X509_set_issuer_name(cert, spec->ca ? X509_get_subject_name(spec->ca) : name);
}

static int add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	int ok = ext && X509_add_ext(cert, ext, -1);

	X509_EXTENSION_free(ext);
	return ok;
}

static int add_extensions(X509 *cert, const struct certgen_spec *spec)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, spec->ca ? spec->ca : cert, cert, NULL, NULL, 0);
	/* The authority's identifier refers to the subject's, so that comes first. */
	if (!add_extension(cert, &ctx, NID_subject_key_identifier, "hash") ||
	    !add_extension(cert, &ctx, NID_authority_key_identifier, "keyid:always"))
		return 0;
	if (!spec->ca)
		return add_extension(cert, &ctx, NID_basic_constraints,
				     "critical,CA:TRUE,pathlen:0") &&
		       add_extension(cert, &ctx, NID_key_usage, "critical,keyCertSign");
	return add_extension(cert, &ctx, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, &ctx, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, &ctx, NID_ext_key_usage, "codeSigning");
}

int certgen_cert(const struct certgen_spec *spec, X509 **out)
{
	size_t len = strlen(spec->cn);
	X509 *cert;
	int ok;

	/* X.520 allows 64 characters. */
	if (!len || len > 64) {
		diag_error("common name \"%s\" has %zu bytes, expected 1 to 64",
			   diag_quote(spec->cn).s, len);
		return -EINVAL;
	}
	cert = X509_new();
	ok = cert && X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	     set_dates(cert, spec) && set_names(cert, spec) &&
	     X509_set_pubkey(cert, spec->key) && add_extensions(cert, spec) &&
	     X509_sign(cert, spec->ca ? spec->ca_key : spec->key, EVP_sha256());
	if (!ok) {
		X509_free(cert);
		return openssl_failed("make a certificate");
	}
	*out = cert;
	return 0;
}

static int create(const char *path, BIO *mem, mode_t mode)
{
	char *data;
	long len = BIO_get_mem_data(mem, &data);
	int err = file_create(path, data, (size_t)len, mode);

	if (err == -EEXIST)
		diag_error("%s exists already; it is not overwritten", diag_quote(path).s);
	else if (err)
		diag_error("cannot write %s: %s", diag_quote(path).s, strerror(-err));
	return err;
}

static int write_key(const char *path, EVP_PKEY *key)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *data;
	long len;
	int err;

	if (!mem || !PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL))
		err = openssl_failed("write a private key");
	else
		err = create(path, mem, 0600);
	len = mem ? BIO_get_mem_data(mem, &data) : 0;
	if (len > 0)
		OPENSSL_cleanse(data, (size_t)len);
	BIO_free(mem);
	return err;
}

static int write_cert(const char *path, X509 *cert)
{
	BIO *mem = BIO_new(BIO_s_mem());
	int err;

	if (!mem || !PEM_write_bio_X509(mem, cert))
		err = openssl_failed("write a certificate");
	else
		err = create(path, mem, 0644);
	BIO_free(mem);
	return err;
}

int certgen_write(const char *key_path, const char *cert_path, EVP_PKEY *key, X509 *cert)
{
	int err;

	err = write_cert(cert_path, cert);
	if (err)
		return err;
	err = write_key(key_path, key);
	if (err)
		unlink(cert_path);
	return err;
}
