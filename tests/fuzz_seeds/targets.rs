//! The fuzz targets, compiled as they are.

macro_rules! targets {
    ($($name:ident in $file:literal),* $(,)?) => {
        $(
            #[path = $file]
            #[allow(unused_attributes, reason = "a target has no main function of its own")]
            mod $name;
        )*

        /// The targets by name, each as a function of an input.
        pub(crate) const ALL: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $name::run)),*];
    };
}

targets! {
    attempts in "../../fuzz/fuzz_targets/attempts.rs",
    audit in "../../fuzz/fuzz_targets/audit.rs",
    calibration in "../../fuzz/fuzz_targets/calibration.rs",
    code_model in "../../fuzz/fuzz_targets/code_model.rs",
    codes_levels in "../../fuzz/fuzz_targets/codes_levels.rs",
    face_codes in "../../fuzz/fuzz_targets/face_codes.rs",
    face_json in "../../fuzz/fuzz_targets/face_json.rs",
    face_normaliser in "../../fuzz/fuzz_targets/face_normaliser.rs",
    face_npy in "../../fuzz/fuzz_targets/face_npy.rs",
    face_raw in "../../fuzz/fuzz_targets/face_raw.rs",
    finger_levels in "../../fuzz/fuzz_targets/finger_levels.rs",
    gallery in "../../fuzz/fuzz_targets/gallery.rs",
    gallery_log in "../../fuzz/fuzz_targets/gallery_log.rs",
    gallery_manifest in "../../fuzz/fuzz_targets/gallery_manifest.rs",
    gallery_old in "../../fuzz/fuzz_targets/gallery_old.rs",
    gallery_requests in "../../fuzz/fuzz_targets/gallery_requests.rs",
    gallery_tombstones in "../../fuzz/fuzz_targets/gallery_tombstones.rs",
    gallery_witness in "../../fuzz/fuzz_targets/gallery_witness.rs",
    manifest in "../../fuzz/fuzz_targets/manifest.rs",
    minutiae_network in "../../fuzz/fuzz_targets/minutiae_network.rs",
    model_archive in "../../fuzz/fuzz_targets/model_archive.rs",
    picture_fac in "../../fuzz/fuzz_targets/picture_fac.rs",
    picture_fir in "../../fuzz/fuzz_targets/picture_fir.rs",
    picture_jpeg2000 in "../../fuzz/fuzz_targets/picture_jpeg2000.rs",
    picture_raster in "../../fuzz/fuzz_targets/picture_raster.rs",
    picture_transaction in "../../fuzz/fuzz_targets/picture_transaction.rs",
    picture_wrapped in "../../fuzz/fuzz_targets/picture_wrapped.rs",
    picture_wsq in "../../fuzz/fuzz_targets/picture_wsq.rs",
    record in "../../fuzz/fuzz_targets/record.rs",
    record_ansi2004 in "../../fuzz/fuzz_targets/record_ansi2004.rs",
    record_ansi2009 in "../../fuzz/fuzz_targets/record_ansi2009.rs",
    record_ansi_nist in "../../fuzz/fuzz_targets/record_ansi_nist.rs",
    record_card in "../../fuzz/fuzz_targets/record_card.rs",
    record_csv in "../../fuzz/fuzz_targets/record_csv.rs",
    record_iso2005 in "../../fuzz/fuzz_targets/record_iso2005.rs",
    record_iso2011 in "../../fuzz/fuzz_targets/record_iso2011.rs",
    record_sourceafis in "../../fuzz/fuzz_targets/record_sourceafis.rs",
    record_text in "../../fuzz/fuzz_targets/record_text.rs",
    record_wrapped in "../../fuzz/fuzz_targets/record_wrapped.rs",
    record_xyt in "../../fuzz/fuzz_targets/record_xyt.rs",
    score_files in "../../fuzz/fuzz_targets/score_files.rs",
}
