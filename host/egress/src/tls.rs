//! TLS settings: our own provider, our own roots, TLS 1.3 unless the operator's dated exception says otherwise (HP-23).

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::{config::EgressConfig, error::EgressError};

/// The client configurations, by what they accept.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    roots: Arc<RootCertStore>,
    extra: Vec<CertificateDer<'static>>,
}

/// Which versions of TLS are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oldest {
    /// 1.3 only.
    Tls13,
    /// 1.2 too: an exception of the operator.
    Tls12,
}

impl Tls {
    /// Reads the extra roots and adds them to the public ones.
    pub(crate) fn new(config: &EgressConfig) -> Result<Self, EgressError> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let mut extra = Vec::new();
        for path in &config.extra_roots {
            let pem = std::fs::read(path).map_err(|source| EgressError::RootsUnreadable {
                path: path.clone(),
                source,
            })?;
            let before = extra.len();
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate =
                    certificate.map_err(|_| EgressError::RootsUnusable { path: path.clone() })?;
                roots
                    .add(certificate.clone())
                    .map_err(|_| EgressError::RootsUnusable { path: path.clone() })?;
                extra.push(certificate);
            }
            if extra.len() == before {
                return Err(EgressError::RootsUnusable { path: path.clone() });
            }
        }
        Ok(Self {
            roots: Arc::new(roots),
            extra,
        })
    }

    /// A client configuration with these application protocols, the best first.
    pub(crate) fn client(
        &self,
        oldest: Oldest,
        protocols: &[&str],
    ) -> Result<ClientConfig, EgressError> {
        static STRICT: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
        let versions = match oldest {
            Oldest::Tls13 => STRICT,
            Oldest::Tls12 => rustls::ALL_VERSIONS,
        };
        let mut client =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(versions)?
                .with_root_certificates(Arc::clone(&self.roots))
                .with_no_client_auth();
        client.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        Ok(client)
    }

    /// The operator's own roots, for the mail library, which keeps its own store.
    pub(crate) fn extra(&self) -> &[CertificateDer<'static>] {
        &self.extra
    }
}
