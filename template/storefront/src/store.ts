import store from "../../vercel/store.json";

export default store;
