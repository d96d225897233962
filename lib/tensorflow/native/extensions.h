// What this project adds to the TensorFlow addon: functions in its eager context, and its devices.
#ifndef CONVNET_LAB_EXTENSIONS_H_
#define CONVNET_LAB_EXTENSIONS_H_

#include <node_api.h>

namespace convnet_lab {

// Defines addFunction, removeFunction and devices on the addon's exports.
napi_status DefineExtensions(napi_env env, napi_value exports);

}  // namespace convnet_lab

#endif  // CONVNET_LAB_EXTENSIONS_H_
