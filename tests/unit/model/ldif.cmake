replkit_test(test_ldif
  SOURCES entry_test.cpp bytes_test.cpp ldif_reader_test.cpp ldif_reader_errors_test.cpp ldif_rfc2849_test.cpp
          ldif_writer_test.cpp ldif_round_trip_test.cpp
  LINK replkit_model replkit_base ZLIB::ZLIB)
