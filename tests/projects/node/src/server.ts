import { hello } from "./hello";

console.log(hello("world"));
