/** Finds, verifies and loads the native parts. */
module org.mlcengine.natives {
  requires static org.jspecify;
  requires org.mlcengine.bindings;

  exports org.mlcengine.natives;
}
