#include "extensions.h"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tfjs_backend.h"

namespace convnet_lab {
namespace {

template <auto Delete>
struct Deleter {
  template <typename T>
  void operator()(T *value) const {
    Delete(value);
  }
};

using Status = std::unique_ptr<TF_Status, Deleter<TF_DeleteStatus>>;
using Graph = std::unique_ptr<TF_Graph, Deleter<TF_DeleteGraph>>;
using Buffer = std::unique_ptr<TF_Buffer, Deleter<TF_DeleteBuffer>>;
using ImportOptions =
    std::unique_ptr<TF_ImportGraphDefOptions, Deleter<TF_DeleteImportGraphDefOptions>>;
using Function = std::unique_ptr<TF_Function, Deleter<TF_DeleteFunction>>;
using SessionOptions = std::unique_ptr<TF_SessionOptions, Deleter<TF_DeleteSessionOptions>>;
using DeviceList = std::unique_ptr<TF_DeviceList, Deleter<TF_DeleteDeviceList>>;

napi_value Throw(napi_env env, const std::string &message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

bool Succeeded(napi_env env, const Status &status, const std::string &what) {
  if (TF_GetCode(status.get()) == TF_OK) return true;
  Throw(env, what + ": " + TF_Message(status.get()));
  return false;
}

// The backend with the eager context that this instance of the addon executes in; throws where there is none.
tfnodejs::TFJSBackend *Backend(napi_env env) {
  tfnodejs::TFJSBackend *backend = nullptr;
  if (napi_get_instance_data(env, reinterpret_cast<void **>(&backend)) != napi_ok || !backend ||
      !backend->context()) {
    Throw(env, "TensorFlow's eager context does not exist");
    return nullptr;
  }
  return backend;
}

TFE_Context *Context(napi_env env) {
  tfnodejs::TFJSBackend *backend = Backend(env);
  return backend ? backend->context() : nullptr;
}

std::optional<std::string> String(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return std::nullopt;
  std::string text(length + 1, '\0');
  if (napi_get_value_string_utf8(env, value, text.data(), length + 1, &length) != napi_ok) {
    return std::nullopt;
  }
  text.resize(length);
  return text;
}

std::optional<std::vector<std::string>> Strings(napi_env env, napi_value array) {
  uint32_t length = 0;
  if (napi_get_array_length(env, array, &length) != napi_ok) return std::nullopt;
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env, array, i, &element) != napi_ok) return std::nullopt;
    std::optional<std::string> text = String(env, element);
    if (!text) return std::nullopt;
    strings.push_back(*text);
  }
  return strings;
}

// "name" or "name:index" → an output of that operation. TensorFlow dereferences what it is given, so an operation
// that is not in the graph, or an output that it does not have, is refused here.
std::optional<TF_Output> FindOutput(napi_env env, TF_Graph *graph, const std::string &reference) {
  const size_t colon = reference.rfind(':');
  const std::string name = reference.substr(0, colon);
  const int index = colon == std::string::npos ? 0 : std::atoi(reference.c_str() + colon + 1);
  TF_Operation *operation = TF_GraphOperationByName(graph, name.c_str());
  if (!operation) {
    Throw(env, "addFunction: the graph has no operation \"" + name + "\"");
    return std::nullopt;
  }
  const int outputs = TF_OperationNumOutputs(operation);
  if (index < 0 || index >= outputs) {
    Throw(env, "addFunction: operation \"" + name + "\" has " + std::to_string(outputs) +
                   " outputs, so there is no output \"" + reference + "\"");
    return std::nullopt;
  }
  return TF_Output{operation, index};
}

// addFunction(name, graphDef: Uint8Array, inputs, outputs, controlOutputs: string[]): from now on an op of that name
// runs the graph. Inputs are placeholders in argument order; control outputs run although no output needs them.
napi_value AddFunction(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value arguments[5];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  TFE_Context *context = Context(env);
  if (!context) return nullptr;

  bool is_typed_array = false;
  napi_typedarray_type array_type = napi_int8_array;
  size_t size = 0;
  void *data = nullptr;
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> inputs, outputs, controls;
  if (count == 5) {
    name = String(env, arguments[0]);
    if (napi_is_typedarray(env, arguments[1], &is_typed_array) == napi_ok && is_typed_array) {
      napi_get_typedarray_info(env, arguments[1], &array_type, &size, &data, nullptr, nullptr);
    }
    inputs = Strings(env, arguments[2]);
    outputs = Strings(env, arguments[3]);
    controls = Strings(env, arguments[4]);
  }
  if (!name || array_type != napi_uint8_array || !inputs || !outputs || !controls) {
    return Throw(env,
                 "addFunction expects (name: string, graphDef: Uint8Array, inputs: string[], outputs: string[], "
                 "controlOutputs: string[])");
  }

  const std::string what = "addFunction \"" + *name + "\"";
  Status status(TF_NewStatus());
  Graph graph(TF_NewGraph());
  Buffer graph_def(TF_NewBufferFromString(data, size));
  ImportOptions options(TF_NewImportGraphDefOptions());
  TF_GraphImportGraphDef(graph.get(), graph_def.get(), options.get(), status.get());
  if (!Succeeded(env, status, what)) return nullptr;

  std::vector<TF_Output> input_ops, output_ops;
  std::vector<const TF_Operation *> control_ops;
  for (const std::string &reference : *inputs) {
    std::optional<TF_Output> input = FindOutput(env, graph.get(), reference);
    if (!input) return nullptr;
    input_ops.push_back(*input);
  }
  for (const std::string &reference : *outputs) {
    std::optional<TF_Output> output = FindOutput(env, graph.get(), reference);
    if (!output) return nullptr;
    output_ops.push_back(*output);
  }
  for (const std::string &operation_name : *controls) {
    const TF_Operation *operation = TF_GraphOperationByName(graph.get(), operation_name.c_str());
    if (!operation) {
      return Throw(env, "addFunction: the graph has no operation \"" + operation_name + "\"");
    }
    control_ops.push_back(operation);
  }

  Function function(TF_GraphToFunctionWithControlOutputs(
      graph.get(), name->c_str(), /*append_hash_to_fn_name=*/0, /*num_opers=*/-1, /*opers=*/nullptr,
      input_ops.size(), input_ops.data(), output_ops.size(), output_ops.data(), /*output_names=*/nullptr,
      control_ops.size(), control_ops.data(), /*control_output_names=*/nullptr, /*opts=*/nullptr,
      /*description=*/nullptr, status.get()));
  if (!Succeeded(env, status, what)) return nullptr;
  TFE_ContextAddFunction(context, function.get(), status.get());
  Succeeded(env, status, what);
  return nullptr;
}

// removeFunction(name): gives back what addFunction registered.
napi_value RemoveFunction(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  TFE_Context *context = Context(env);
  if (!context) return nullptr;
  std::optional<std::string> name;
  if (count == 1) name = String(env, argument);
  if (!name) return Throw(env, "removeFunction expects (name: string)");
  Status status(TF_NewStatus());
  TFE_ContextRemoveFunction(context, name->c_str(), status.get());
  Succeeded(env, status, "removeFunction \"" + *name + "\"");
  return nullptr;
}

// createSession(graphDef: Uint8Array): an id for runSavedModel and deleteSavedModel. A session optimizes a graph of
// constants further than a function is: folded, fused, with weights laid out once.
napi_value CreateSession(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  tfnodejs::TFJSBackend *backend = Backend(env);
  if (!backend) return nullptr;
  bool is_typed_array = false;
  napi_typedarray_type array_type = napi_int8_array;
  size_t size = 0;
  void *data = nullptr;
  if (count == 1 && napi_is_typedarray(env, argument, &is_typed_array) == napi_ok && is_typed_array) {
    napi_get_typedarray_info(env, argument, &array_type, &size, &data, nullptr, nullptr);
  }
  if (array_type != napi_uint8_array) return Throw(env, "createSession expects (graphDef: Uint8Array)");

  Status status(TF_NewStatus());
  Graph graph(TF_NewGraph());
  {
    Buffer graph_def(TF_NewBufferFromString(data, size));
    ImportOptions options(TF_NewImportGraphDefOptions());
    TF_GraphImportGraphDef(graph.get(), graph_def.get(), options.get(), status.get());
    if (!Succeeded(env, status, "createSession")) return nullptr;
  }
  SessionOptions options(TF_NewSessionOptions());
  TF_Session *session = TF_NewSession(graph.get(), options.get(), status.get());
  if (!Succeeded(env, status, "createSession")) return nullptr;
  napi_value id;
  napi_create_int32(env, backend->AdoptSession(session, graph.release()), &id);
  return id;
}

// releaseMemory(): what has been freed goes back to the system. The C library keeps it otherwise, hundreds of megabytes
// after a frozen graph.
napi_value ReleaseMemory(napi_env, napi_callback_info) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return nullptr;
}

bool SetString(napi_env env, napi_value object, const char *key, const char *text) {
  napi_value value;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok &&
         napi_set_named_property(env, object, key, value) == napi_ok;
}

// devices(): { name, type, memory }[], memory in bytes.
napi_value Devices(napi_env env, napi_callback_info) {
  TFE_Context *context = Context(env);
  if (!context) return nullptr;
  Status status(TF_NewStatus());
  DeviceList list(TFE_ContextListDevices(context, status.get()));
  if (!Succeeded(env, status, "devices")) return nullptr;
  napi_value devices;
  napi_create_array(env, &devices);
  for (int i = 0; i < TF_DeviceListCount(list.get()); i++) {
    const char *name = TF_DeviceListName(list.get(), i, status.get());
    if (!Succeeded(env, status, "devices")) return nullptr;
    const char *type = TF_DeviceListType(list.get(), i, status.get());
    if (!Succeeded(env, status, "devices")) return nullptr;
    const int64_t memory = TF_DeviceListMemoryBytes(list.get(), i, status.get());
    if (!Succeeded(env, status, "devices")) return nullptr;
    napi_value device, memory_value;
    if (napi_create_object(env, &device) != napi_ok || !SetString(env, device, "name", name) ||
        !SetString(env, device, "type", type) ||
        napi_create_int64(env, memory, &memory_value) != napi_ok ||
        napi_set_named_property(env, device, "memory", memory_value) != napi_ok ||
        napi_set_element(env, devices, i, device) != napi_ok) {
      return Throw(env, "devices: the list could not be made");
    }
  }
  return devices;
}

}  // namespace

napi_status DefineExtensions(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"addFunction", nullptr, AddFunction, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"removeFunction", nullptr, RemoveFunction, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"createSession", nullptr, CreateSession, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"releaseMemory", nullptr, ReleaseMemory, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"devices", nullptr, Devices, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  return napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

}  // namespace convnet_lab
