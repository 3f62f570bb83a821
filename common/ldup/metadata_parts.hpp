// Meta-data of attributes in BER, for the files that encode the operations with it.
#pragma once

#include <vector>

#include "common/ldup/metadata.hpp"
#include "common/ldup/parts.hpp"

namespace replkit::ldup {

MetaDataAttribute read_meta_data_attribute(Reader attribute);
std::vector<MetaDataAttribute> read_meta_data_attributes(Reader attributes);
void write_meta_data_attribute(Writer& writer, const MetaDataAttribute& attribute);
void write_meta_data_attributes(Writer& writer, const std::vector<MetaDataAttribute>& attributes);

}  // namespace replkit::ldup
