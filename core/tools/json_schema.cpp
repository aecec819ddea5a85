#include "core/tools/json_schema.hpp"

#include "core/guard/limits.hpp"
#include "core/tools/schema_check.hpp"
#include "core/tools/schema_compile.hpp"

namespace mre::tools {

struct JsonSchema::Impl {
  std::unique_ptr<const schema::CompiledSchema> compiled;
};

JsonSchema::JsonSchema(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonSchema::~JsonSchema() = default;

Result<std::shared_ptr<const JsonSchema>> JsonSchema::compile(std::string_view schema_text,
                                                              SchemaOptions options) {
  if (schema_text.size() > limits::kSchemaBytes) {
    return Error{Errc::too_large,
                 "the schema is larger than " + std::to_string(limits::kSchemaBytes) + " bytes",
                 {}};
  }
  MRE_TRY(const Json document, parse_json(schema_text));
  return compile_document(document, options);
}

Result<std::shared_ptr<const JsonSchema>> JsonSchema::compile_document(const Json &schema,
                                                                       SchemaOptions options) {
  auto impl = std::make_unique<Impl>();
  MRE_TRY(impl->compiled, schema::compile_document(schema, options));
  return std::shared_ptr<const JsonSchema>(new JsonSchema(std::move(impl)));
}

Result<void> JsonSchema::validate(const Json &value) const {
  return schema::check_value(*impl_->compiled, value);
}

const Json &JsonSchema::document() const {
  return impl_->compiled->document;
}

} // namespace mre::tools
