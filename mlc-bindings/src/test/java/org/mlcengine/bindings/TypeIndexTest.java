package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mlcengine.bindings.generated.TvmFfi;

final class TypeIndexTest {
  @Test
  void constantsAreThoseOfTheHeader() {
    assertThat(TypeIndex.NONE).isEqualTo(TvmFfi.kTVMFFINone());
    assertThat(TypeIndex.INT).isEqualTo(TvmFfi.kTVMFFIInt());
    assertThat(TypeIndex.BOOL).isEqualTo(TvmFfi.kTVMFFIBool());
    assertThat(TypeIndex.FLOAT).isEqualTo(TvmFfi.kTVMFFIFloat());
    assertThat(TypeIndex.OPAQUE_POINTER).isEqualTo(TvmFfi.kTVMFFIOpaquePtr());
    assertThat(TypeIndex.DATA_TYPE).isEqualTo(TvmFfi.kTVMFFIDataType());
    assertThat(TypeIndex.DEVICE).isEqualTo(TvmFfi.kTVMFFIDevice());
    assertThat(TypeIndex.DL_TENSOR_POINTER).isEqualTo(TvmFfi.kTVMFFIDLTensorPtr());
    assertThat(TypeIndex.SMALL_STRING).isEqualTo(TvmFfi.kTVMFFISmallStr());
    assertThat(TypeIndex.SMALL_BYTES).isEqualTo(TvmFfi.kTVMFFISmallBytes());
    assertThat(TypeIndex.OBJECT).isEqualTo(TvmFfi.kTVMFFIStaticObjectBegin());
    assertThat(TypeIndex.STRING).isEqualTo(TvmFfi.kTVMFFIStr());
    assertThat(TypeIndex.BYTES).isEqualTo(TvmFfi.kTVMFFIBytes());
    assertThat(TypeIndex.FUNCTION).isEqualTo(TvmFfi.kTVMFFIFunction());
    assertThat(TypeIndex.SHAPE).isEqualTo(TvmFfi.kTVMFFIShape());
    assertThat(TypeIndex.TENSOR).isEqualTo(TvmFfi.kTVMFFITensor());
    assertThat(TypeIndex.ARRAY).isEqualTo(TvmFfi.kTVMFFIArray());
    assertThat(TypeIndex.MODULE).isEqualTo(TvmFfi.kTVMFFIModule());
    assertThat(TypeIndex.OPAQUE_OBJECT).isEqualTo(TvmFfi.kTVMFFIOpaquePyObject());
  }
}
