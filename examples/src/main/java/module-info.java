/** Small programs to copy from. */
module org.mlcengine.examples {
  requires org.mlcengine.core;
}
