/**
 * What we change in the addon sources of `@tensorflow/tfjs-node-gpu`, in the copy that is compiled.
 *
 * @typedef {{ file: string, why: string, find: string, replace: string }} Patch
 */

/** @type {readonly Patch[]} */
export const patches = [
  {
    file: "tfjs_backend.h",
    why: "our extensions work in the same eager context as the ops",
    find: "  napi_value GetNumOfTensors(napi_env env);\n",
    replace:
      "  napi_value GetNumOfTensors(napi_env env);\n\n" +
      "  TFE_Context *context() const { return tfe_context_; }\n\n" +
      "  // From now on runSavedModel and deleteSavedModel know the session by the id returned.\n" +
      "  int32_t AdoptSession(TF_Session *session, TF_Graph *graph) {\n" +
      "    return InsertSavedModel(session, graph);\n" +
      "  }\n",
  },
  {
    file: "tfjs_binding.cc",
    why: "declare our extensions",
    find: '#include "tfjs_backend.h"\n',
    replace: '#include "extensions.h"\n#include "tfjs_backend.h"\n',
  },
  {
    file: "tfjs_binding.cc",
    why: "export our extensions",
    find: "  // Export TF property types to JS\n",
    replace:
      "  nstatus = convnet_lab::DefineExtensions(env, exports);\n" +
      "  ENSURE_NAPI_OK_RETVAL(env, nstatus, exports);\n\n" +
      "  // Export TF property types to JS\n",
  },
  {
    file: "tfjs_backend.cc",
    why: "a context that could not be made (say, a GPU that is in use) is an error, not a null pointer",
    find: `  if (TF_GetCode(tf_status.status) != TF_OK) {
    NAPI_THROW_ERROR(env, "Exception creating TFE_Context");
  }

  TFE_DeleteContextOptions(tfe_options);
`,
    replace: `  TFE_DeleteContextOptions(tfe_options);
  if (TF_GetCode(tf_status.status) != TF_OK) {
    tfe_context_ = nullptr;
    is_gpu_device = false;
    NAPI_THROW_ERROR(env, "TensorFlow could not start: %s", TF_Message(tf_status.status));
    return;
  }
`,
  },
  {
    file: "tfjs_backend.cc",
    why: "a shape that no tensor can have is an error; TensorFlow would end the process",
    find: `  int32_t dtype_int32;
  nstatus = napi_get_value_int32(env, dtype_value, &dtype_int32);
  ENSURE_NAPI_OK_RETVAL(env, nstatus, nullptr);
  TFE_TensorHandle *tfe_handle`,
    replace: `  static constexpr size_t kMaxDimensions = 254;
  static constexpr int64_t kMaxElements = int64_t{1} << 40;
  if (shape_vector.size() > kMaxDimensions) {
    NAPI_THROW_ERROR(env, "A tensor has at most %zu dimensions, not %zu", kMaxDimensions,
                     shape_vector.size());
    return nullptr;
  }
  int64_t num_elements = 1;
  for (int64_t dimension : shape_vector) {
    if (dimension < 0 || (dimension > 0 && num_elements > kMaxElements / dimension)) {
      NAPI_THROW_ERROR(env, "A dimension of a tensor is %lld: negative, or more than fits into memory",
                       static_cast<long long>(dimension));
      return nullptr;
    }
    num_elements *= dimension;
  }

  int32_t dtype_int32;
  nstatus = napi_get_value_int32(env, dtype_value, &dtype_int32);
  ENSURE_NAPI_OK_RETVAL(env, nstatus, nullptr);
  TFE_TensorHandle *tfe_handle`,
  },
  {
    // TensorFlow may drop its last reference on any of its threads, where Node-API must not be called; and memory
    // that is not 64-byte aligned, as most of JavaScript's is not, TensorFlow would copy anyway.
    file: "tfjs_backend.cc",
    why: "tensors own a copy of their data instead of a reference to JavaScript's memory",
    find: `  // Sharing V8 memory with the underlying TensorFlow tensor requires adding an
  // additional refcount. When the Tensor is deleted, the refcount will be
  // reduced in the callback helper.
  NapiAutoRef *auto_ref = new NapiAutoRef();
  nstatus = auto_ref->Init(env, array_value);
  if (nstatus != napi_ok) {
    delete auto_ref;
  }
  ENSURE_NAPI_OK_RETVAL(env, nstatus, nullptr);

`,
    replace: "",
  },
  {
    file: "tfjs_backend.cc",
    why: "tensors own a copy of their data (the copy)",
    find: `  TF_AutoTensor tensor(TF_NewTensor(dtype, shape, shape_length, array_data,
                                    byte_size, DeallocTensor, auto_ref));

  TF_AutoStatus tf_status;
  TFE_TensorHandle *tfe_tensor_handle =
      TFE_NewTensorHandle(tensor.tensor, tf_status.status);
  if (TF_GetCode(tf_status.status) != TF_OK) {
    delete auto_ref;
    TFE_DeleteTensorHandle(tfe_tensor_handle);
  }
`,
    replace: `  TF_AutoTensor tensor(TF_AllocateTensor(dtype, shape, shape_length, byte_size));
  if (tensor.tensor == nullptr) {
    NAPI_THROW_ERROR(env, "Out of memory: a tensor of %zu bytes", byte_size);
    return nullptr;
  }
  if (byte_size > 0) {
    memcpy(TF_TensorData(tensor.tensor), array_data, byte_size);
  }

  TF_AutoStatus tf_status;
  TFE_TensorHandle *tfe_tensor_handle =
      TFE_NewTensorHandle(tensor.tensor, tf_status.status);
`,
  },
  {
    file: "tfjs_backend.cc",
    why: "tensors own a copy of their data (no callback into Node-API is left)",
    find: `// Callback to cleanup extra reference count for shared V8/TF tensor memory:
static void DeallocTensor(void *data, size_t len, void *arg) {
  NapiAutoRef *auto_ref = static_cast<NapiAutoRef *>(arg);
  if (!auto_ref) {
#if DEBUG
    fprintf(stderr, "Invalid NapiAutoRef reference passed to V8 cleanup\\n");
#endif
    return;
  }
  if (auto_ref->Cleanup() != napi_ok) {
#if DEBUG
    fprintf(stderr, "Exception cleaning up napi_ref instance\\n");
#endif
  }
  delete auto_ref;
}
`,
    replace: `// TensorFlow wants tensor memory aligned as Eigen aligns it.
static constexpr std::align_val_t kTensorAlignment{64};

// Gives back a string tensor's memory with its last reference, on whichever thread that is.
static void DeallocStringTensor(void *data, size_t len, void *arg) {
  TF_TString *strings = static_cast<TF_TString *>(data);
  for (size_t i = 0; i < len / sizeof(TF_TString); ++i) {
    TF_TString_Dealloc(strings + i);
  }
  ::operator delete(data, kTensorAlignment);
}
`,
  },
  {
    file: "tfjs_backend.cc",
    why: "for the aligned operator new",
    find: "#include <memory>\n",
    replace: "#include <memory>\n#include <new>\n",
  },
  {
    file: "tfjs_backend.cc",
    why: "string tensors free themselves; the shape has to fit, and no early return leaves strings uninitialized",
    find: `  TF_AutoTensor tensor(TF_AllocateTensor(TF_DataType::TF_STRING, shape,
                                         shape_length,
                                         array_length * sizeof(TF_TString)));

  TF_TString *t = reinterpret_cast<TF_TString *>(TF_TensorData(tensor.tensor));
`,
    replace: `  if (dtype != TF_STRING) {
    NAPI_THROW_ERROR(env, "Only tensors of strings are made from an array");
    return nullptr;
  }
  size_t num_elements = 1;
  for (uint32_t i = 0; i < shape_length; i++) {
    num_elements *= shape[i];
  }
  if (num_elements != array_length) {
    NAPI_THROW_ERROR(env,
                     "Shape does not match array of strings "
                     "(num_elements=%zu, array_length=%u)",
                     num_elements, array_length);
    return nullptr;
  }

  const size_t byte_size = array_length * sizeof(TF_TString);
  TF_TString *t = static_cast<TF_TString *>(
      ::operator new(std::max<size_t>(byte_size, 1), kTensorAlignment));
  for (uint32_t i = 0; i < array_length; ++i) {
    TF_TString_Init(t + i);
  }
  TF_AutoTensor tensor(TF_NewTensor(TF_STRING, shape, shape_length, t, byte_size,
                                    DeallocStringTensor, nullptr));
`,
  },
  {
    file: "tfjs_backend.cc",
    why: "string tensors are initialized above",
    find: `    TF_TString_Init(t);
    TF_TString_Copy(`,
    replace: "    TF_TString_Copy(",
  },
  {
    // A string tensor shares its memory with others (identity, constants of a function), so emptying it on the
    // deletion of one of them emptied them all.
    file: "tfjs_backend.cc",
    why: "string tensors free themselves",
    find: `  TFE_TensorHandle *tensor_handle = tensor_entry->second;
  if (TFE_TensorHandleDataType(tensor_handle) == TF_STRING) {
    TF_AutoStatus tf_status;
    TF_AutoTensor tensor(
        TFE_TensorHandleResolve(tensor_handle, tf_status.status));
    ENSURE_TF_OK(env, tf_status);
    size_t num_elements = GetTensorNumElements(tensor.tensor);
    TF_TString *data = reinterpret_cast<TF_TString *>(TF_TensorData(tensor.tensor));

    // Deallocate each string
    for (size_t i = 0; i < num_elements; i++) {
      TF_TString_Dealloc(data + i);
    }
  };
`,
    replace: "",
  },
  {
    file: "tfjs_backend.cc",
    why: "a count of outputs below zero is an error, not an exception of C++",
    find: `  // Push \`nullptr\` to get a valid pointer in the call to \`TFE_Execute()\`
`,
    replace: `  if (num_outputs < 0) {
    NAPI_THROW_ERROR(env, "Number of outputs of \\"%s\\" is negative: %d", op_name.c_str(), num_outputs);
    return nullptr;
  }

  // Push \`nullptr\` to get a valid pointer in the call to \`TFE_Execute()\`
`,
  },
  {
    file: "tfjs_backend.cc",
    why: "an op may have fewer outputs than asked for: what it did not return is no handle",
    find: `  for (int32_t i = 0; i < num_outputs; i++) {
    TFE_TensorHandle *handle = result_handles[i];
`,
    replace: `  for (int32_t i = 0; i < size; i++) {
    TFE_TensorHandle *handle = result_handles[i];
`,
  },
  {
    file: "utils.h",
    why: "TensorFlow's messages are longer than 500 characters",
    find: `  char buffer[500];
  va_list args;
  va_start(args, message);
  std::vsnprintf(buffer, 500, message, args);
`,
    replace: `  char buffer[4096];
  va_list args;
  va_start(args, message);
  std::vsnprintf(buffer, sizeof(buffer), message, args);
`,
  },
];

/**
 * @param {string} source
 * @param {Patch} patch
 * @returns {string}
 * @throws {Error} where the text to change is not there exactly once: the package is another version than the one
 *   that the patch was written for.
 */
export function applyPatch(source, patch) {
  const parts = source.split(patch.find);
  if (parts.length !== 2) {
    const found = parts.length === 1 ? "not there" : `there ${parts.length - 1} times`;
    throw new Error(
      `The addon source ${patch.file} is not the one we know: the text to change (${patch.why}) is ${found}. ` +
        `Install the pinned @tensorflow/tfjs-node-gpu with "npm ci", or adapt lib/tensorflow/native/patches.mjs.`,
    );
  }
  return parts.join(patch.replace);
}
