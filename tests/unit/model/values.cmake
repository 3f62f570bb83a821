replkit_test(model_values_test
  SOURCES filter_matcher_test.cpp filter_test.cpp ldap_url_test.cpp matching_test.cpp uuid_test.cpp
  LINK replkit_model replkit_base)
