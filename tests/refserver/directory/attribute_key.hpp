// The store's, which tells which attributes and values are the same, by the names that this folder uses.
#pragma once

#include "tests/refserver/store/attribute_key.hpp"

namespace replkit::refserver::directory {

using store::attribute_key;
using store::find_attribute;
using store::normal_form;

}  // namespace replkit::refserver::directory
